import { Problem } from '@caremesh/platform';
import { describe, expect, it } from 'vitest';

import { hashOfSecret, isSecret, seededClient } from './client.js';
import { clientOf, clientRequest, shown } from './client-request.js';

describe('a secret', () => {
  it('is known again by its hash', () => {
    const hash = hashOfSecret('open sesame');
    expect(hash).toBe('41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb');
    expect([isSecret('open sesame', hash), isSecret('open sesam', hash)]).toEqual([true, false]);
  });

  it('is not its own hash', () => {
    const hash = hashOfSecret('open sesame');
    expect([isSecret(hash, hash), isSecret('', ''), isSecret('x', '')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('a client from a secret file', () => {
  it.each([
    ['svc-governance', 'service', true],
    ['domain-social-care', 'domain', false],
  ])('%s is a %s, enabled %s', (name, kind, enabled) => {
    expect(seededClient(name, 's')).toMatchObject({ clientId: name, sub: name, kind, enabled });
  });

  it.each([
    'broker',
    'postgres',
    'grant-abc',
    'user-ann',
    'svc-',
    '../svc-a',
    'svc-a/../b',
    'svc-A',
  ])('is not made of %s', (name) => {
    expect(seededClient(name, 's')).toBeNull();
  });
});

describe('a request for a client', () => {
  const hash = hashOfSecret('s');
  const good = {
    sub: 'grant-k3j9x2m4',
    kind: 'grant',
    secretSha256: hash,
    audiences: ['mesh-kafka'],
    defaultAudience: 'mesh-kafka',
  };
  const places = (request: unknown) =>
    clientRequest.safeParse(request).error?.issues.map(({ path }) => path.join('.')) ?? [];

  it('becomes a client', () => {
    const request = clientRequest.parse({ ...good, org: 'QUY', expires: '2027-01-01T00:00:00Z' });
    const client = clientOf('k3j9x2m4-1', request);
    expect(client).toEqual({
      clientId: 'k3j9x2m4-1',
      sub: 'grant-k3j9x2m4',
      kind: 'grant',
      enabled: true,
      secretSha256: hash,
      jwk: null,
      audiences: ['mesh-kafka'],
      defaultAudience: 'mesh-kafka',
      roles: [],
      org: 'QUY',
      expires: new Date('2027-01-01T00:00:00Z'),
    });
    expect(JSON.stringify(shown(client))).not.toContain(hash);
  });

  it.each([
    ['a service', { kind: 'service', sub: 'svc-x' }, ['sub', 'kind']],
    ['a person', { sub: 'user-ann' }, ['sub']],
    ['no proof', { secretSha256: null }, ['secretSha256']],
    ['two proofs', { jwk: { kty: 'EC' } }, ['secretSha256']],
    ['a private key', { secretSha256: null, jwk: { kty: 'EC', d: 'x' } }, ['jwk']],
    ['a plain secret', { secretSha256: 'open sesame' }, ['secretSha256']],
    ['an unknown audience', { audiences: ['mesh-kafka', 'x'] }, ['audiences.1']],
    ['a default it may not have', { defaultAudience: 'mesh-api' }, ['defaultAudience']],
    ['an unknown field', { groups: ['sr-admin'] }, ['']],
  ])('is refused with %s', (_, over, expected) => {
    expect(places({ ...good, ...over })).toEqual(expected);
  });

  it.each([
    ['svc-governance', {}, 'MESH-5305'],
    ['mesh-cli', {}, 'MESH-5305'],
    ['domain-gp', {}, 'MESH-5305'],
    ['k3j9x2m4-1', { kind: 'domain' }, 'MESH-5304'],
  ])('is refused for the id %s with %j', (id, over, code) => {
    const attempt = () => clientOf(id, clientRequest.parse({ ...good, ...over }));
    expect(attempt).toThrow(Problem);
    expect(attempt).toThrow(new RegExp(`^${code}`));
  });
});
