import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { mayCall } from '../http/permission.js';
import { callerOf } from './caller.js';

describe('the caller of a token', () => {
  it.each([
    ['user-ann', 'user', 'ann'],
    ['domain-social-care', 'domain', 'social-care'],
    ['grant-k3j9x2m4', 'grant', 'k3j9x2m4'],
    ['svc-governance', 'service', 'governance'],
  ])('%s is a %s', (sub, kind, name) => {
    expect(callerOf({ sub })).toEqual({
      sub,
      kind,
      name,
      roles: [],
      organisation: null,
      team: null,
    });
  });

  it('has the roles, organisation and team of the claims', () => {
    expect(callerOf({ sub: 'user-ann', roles: ['a', 1, 'b'], org: 'QUY', team: 'gp' })).toEqual({
      sub: 'user-ann',
      kind: 'user',
      name: 'ann',
      roles: ['a', 'b'],
      organisation: 'QUY',
      team: 'gp',
    });
  });

  it.each([undefined, '', 'ann', 'admin-ann', 'user-', 'user-Ann', ' user-ann', 'user-a b', 7])(
    'with subject %s is nobody',
    (sub) => {
      expect(() => callerOf({ sub })).toThrow(/^MESH-5202/);
    },
  );

  it('no two subjects are the same caller', () => {
    const subject = fc.stringMatching(/^(user|domain|grant|svc)-[a-z0-9][a-z0-9-]{0,8}$/);
    fc.assert(
      fc.property(subject, subject, (one, other) => {
        const [a, b] = [callerOf({ sub: one }), callerOf({ sub: other })];
        expect(`${a.kind} ${a.name}` === `${b.kind} ${b.name}`).toBe(one === other);
      }),
    );
  });
});

describe('who may call', () => {
  const ann = callerOf({ sub: 'user-ann', roles: ['lead'] });
  const orders = callerOf({ sub: 'svc-orders' });

  it.each([
    [['*'], true, true],
    [['lead'], true, false],
    [['clerk'], false, false],
    [['clerk', 'lead'], true, false],
    [['kind:service'], false, true],
    [['sub:svc-orders'], false, true],
    [[], false, false],
  ])('with %j: a lead %s, a service %s', (needed, lead, service) => {
    expect([mayCall(needed, ann), mayCall(needed, orders)]).toEqual([lead, service]);
  });

  it('a role cannot pretend to be a kind or a subject', () => {
    const liar = callerOf({ sub: 'user-liar', roles: ['kind:service', 'sub:svc-orders', '*'] });
    expect(mayCall(['kind:service', 'sub:svc-orders'], liar)).toBe(false);
  });
});
