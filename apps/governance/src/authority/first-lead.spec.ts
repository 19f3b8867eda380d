import type { Caller } from '@caremesh/platform';
import { describe, expect, it } from 'vitest';
import { FirstLeadVerifier } from './first-lead.js';

const caller = (sub: string, roles: string[] = []): Caller => ({
  sub,
  kind: 'user',
  name: sub,
  roles,
  organisation: null,
  team: null,
});
const verifying = (held: Caller) => ({ verify: async () => held });

describe('the first governance lead', () => {
  it('is the person named by configuration, and nobody else', async () => {
    const named = new FirstLeadVerifier(verifying(caller('user-jo')), 'user-jo');
    expect((await named.verify('token')).roles).toEqual(['governance-lead']);
    const other = new FirstLeadVerifier(verifying(caller('user-al')), 'user-jo');
    expect((await other.verify('token')).roles).toEqual([]);
    const none = new FirstLeadVerifier(verifying(caller('user-al', ['analyst'])), undefined);
    expect((await none.verify('token')).roles).toEqual(['analyst']);
  });
});
