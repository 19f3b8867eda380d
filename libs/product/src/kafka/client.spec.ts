import { expect, it } from 'vitest';
import { kafkaOptions } from './client.js';

const connection = { brokers: ['kafka.site:9093'], clientId: 'domain-gp' };

it('speaks TLS where it is told to, and trusts whom Node trusts', () => {
  expect(kafkaOptions({ ...connection, encrypted: true })).toHaveProperty('tls', {});
  expect(kafkaOptions({ ...connection, encrypted: false })).not.toHaveProperty('tls');
  expect(kafkaOptions(connection)).not.toHaveProperty('tls');
});
