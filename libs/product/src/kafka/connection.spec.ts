import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { kafkaOptions } from './client.js';
import { connectionOf } from './connection.js';

const clientSecretFile = join(mkdtempSync(join(tmpdir(), 'caremesh-connection-')), 'secret');
writeFileSync(clientSecretFile, 'a secret');
const service = {
  ...{ kafkaBrokers: ['127.0.0.1:9092'], kafkaSecurity: undefined, clientId: 'svc-monitor' },
  ...{ oidcIssuer: 'http://127.0.0.1:8082', clientSecretFile },
};

it.each([
  ['production', undefined, true],
  ['production', 'SASL_PLAINTEXT', false],
  ['development', undefined, false],
  ['development', 'SASL_SSL', true],
] as const)('in %s, with %s asked for, TLS is spoken: %s', (mode, kafkaSecurity, encrypted) => {
  const options = kafkaOptions(connectionOf({ ...service, mode, kafkaSecurity }));
  expect('tls' in options).toBe(encrypted);
  expect(options).toMatchObject({
    clientId: 'svc-monitor',
    bootstrapBrokers: ['127.0.0.1:9092'],
    sasl: { mechanism: 'OAUTHBEARER' },
  });
});
