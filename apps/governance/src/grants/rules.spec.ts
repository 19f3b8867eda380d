import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Author, Person } from '../authority/authority.js';
import { grantErrors } from '../errors.js';
import { withCovers } from '../cover/rules.js';
import { grantRuling, maySee, partTakersOf, stepping, stepsFor } from './rules.js';
import type { Grantable } from './rules.js';

const ROLES = [
  'owner',
  'publisher',
  'governance-lead',
  'ig-lead',
  'caldicott-guardian',
  'analyst',
  'auditor',
  'administrator',
];
const person = fc.record<Person>({
  sub: fc.constantFrom('user-a', 'user-b', 'user-c', 'grant-x'),
  kind: fc.constantFrom('user', 'service', 'domain', 'grant'),
  roles: fc.subarray(ROLES),
  team: fc.constantFrom(null, 'gp', 'acute'),
});
const requested = (
  kind: Grantable['kind'],
  requester: Author = { sub: 'user-a', team: null },
): Grantable => ({
  state: 'requested',
  kind,
  requester,
  steps: stepsFor(kind, ['gp']),
  domains: ['gp'],
});
const someone = (sub: string, role: string, team: string | null = null): Person => ({
  sub,
  kind: 'user',
  roles: [role],
  team,
});

describe('who decides a grant', () => {
  it('is the owner first, then the information-governance lead, each once', () => {
    const grant = requested('view');
    const owner = someone('user-gp-owner', 'owner', 'gp');
    const lead = someone('user-ig-lead', 'ig-lead');
    expect(grantRuling(lead, grant, 'approve')).toMatchObject({
      refusal: grantErrors.illegalGrantMove,
    });
    expect(grantRuling(owner, grant, 'approve')).toEqual({ role: 'gp-owner', step: 0 });
    const steps = [{ role: 'gp-owner', by: owner.sub, at: 'now' }, ...grant.steps.slice(1)];
    expect(grantRuling(lead, { ...grant, steps }, 'approve')).toEqual({ role: 'ig-lead', step: 1 });
    const both = { ...owner, roles: ['owner', 'ig-lead'] };
    expect(grantRuling(both, { ...grant, steps }, 'approve')).toMatchObject({
      refusal: grantErrors.decidedAlready,
    });
  });

  it('is the Caldicott guardian second for individual care', () => {
    expect(stepsFor('individual-care', ['gp']).map(({ role }) => role)).toEqual([
      'gp-owner',
      'caldicott-guardian',
    ]);
  });

  it('is every product’s owner where a grant is of several', () => {
    expect(stepsFor('view', ['gp', 'acute', 'gp']).map(({ role }) => role)).toEqual([
      'acute-owner',
      'gp-owner',
      'ig-lead',
    ]);
  });

  it('is never the requester nor their team, nor anything but a person', () => {
    let ruled = 0;
    fc.assert(
      fc.property(
        person,
        person,
        fc.constantFrom('individual-care' as const, 'view' as const),
        fc.constantFrom('approve' as const, 'refuse' as const, 'renew' as const),
        (decider, asker, kind, decision) => {
          const requester = { sub: asker.sub, team: asker.team };
          const ruling = grantRuling(decider, requested(kind, requester), decision);
          if (!('role' in ruling)) return;
          ruled += 1;
          expect(decider.kind).toBe('user');
          expect(decider.sub).not.toBe(requester.sub);
          expect(decider.team !== null && decider.team === requester.team).toBe(false);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(ruled).toBeGreaterThan(50);
  });

  it('lets owner, information-governance lead and administrator revoke, and nobody else', () => {
    const grant: Grantable = { ...requested('view'), state: 'active' };
    const roleOf = (one: Person) => grantRuling(one, grant, 'revoke');
    expect(roleOf(someone('user-o', 'owner', 'gp'))).toEqual({ role: 'gp-owner', step: null });
    expect(roleOf(someone('user-i', 'ig-lead'))).toEqual({ role: 'ig-lead', step: null });
    expect(roleOf(someone('user-x', 'administrator'))).toMatchObject({ role: 'administrator' });
    for (const role of ['governance-lead', 'analyst', 'auditor', 'publisher']) {
      expect(roleOf(someone('user-n', role, 'gp'))).toEqual({ refusal: grantErrors.notYourGrant });
    }
    expect(roleOf(someone('user-o', 'owner', 'acute'))).toHaveProperty('refusal');
  });
});

describe('who had a part in what is decided', () => {
  const approved = (role: string, by: string) => ({ role, by, at: 'now' });
  const decidedByOwner = (by: string): Grantable => {
    const grant = requested('view');
    return { ...grant, steps: [approved('gp-owner', by), ...grant.steps.slice(1)] };
  };

  it('does not decide a later step through a deputy of their choice', () => {
    const at = new Date('2026-11-03T09:00:00Z');
    const cover = {
      ...{ role: 'ig-lead', holder: 'user-both', holderTeam: null, deputy: 'user-d' },
      holderRoles: ['ig-lead'],
      ...{ fromAt: at, untilAt: new Date('2026-11-09T00:00:00Z'), endedAt: null },
    };
    const rulingOn = (grant: Grantable) => {
      const deputy = withCovers(someone('user-d', 'analyst'), [cover], partTakersOf(grant), at);
      return grantRuling(deputy, grant, 'approve');
    };
    expect(rulingOn(decidedByOwner('user-both'))).toMatchObject({
      refusal: grantErrors.notYourGrant,
    });
    expect(rulingOn(decidedByOwner('user-o'))).toEqual({ role: 'ig-lead', step: 1 });
    // To take access away they may be stood in for, whatever they decided.
    expect(partTakersOf({ ...decidedByOwner('user-both'), state: 'active' })).toHaveLength(1);
  });

  it('of a later end is who asked for it, on the team they were on then', () => {
    const active: Grantable = { ...requested('view'), state: 'active' };
    const extension = {
      steps: stepsFor('view', ['gp']),
      requester: { sub: active.requester.sub, team: 'gp' },
    };
    const owner = someone('user-o', 'owner', 'gp');
    expect(grantRuling(owner, stepping({ ...active, extension }), 'approve')).toEqual({
      refusal: grantErrors.ownGrant,
    });
    const alone = { ...extension, requester: active.requester };
    expect(grantRuling(owner, stepping({ ...active, extension: alone }), 'approve')).toEqual({
      ...{ role: 'gp-owner', step: 0 },
    });
  });
});

describe('a suspended grant', () => {
  const owner = someone('user-o', 'owner', 'gp');
  const lead = someone('user-i', 'ig-lead');
  const suspended = (suspendedAs: string): Grantable => ({
    ...{ ...requested('view'), state: 'suspended', suspendedAs },
  });

  it('is renewed in the role that suspended it, and in no other', () => {
    expect(grantRuling(owner, suspended('ig-lead'), 'renew')).toEqual({
      refusal: grantErrors.suspendedByAnother,
      detail: 'Suspended by: ig-lead',
    });
    expect(grantRuling(lead, suspended('gp-owner'), 'renew')).toHaveProperty('refusal');
    expect(grantRuling(lead, suspended('ig-lead'), 'renew')).toEqual({
      role: 'ig-lead',
      step: null,
    });
    const both = { ...owner, roles: ['owner', 'ig-lead'] };
    expect(grantRuling(both, suspended('ig-lead'), 'renew')).toMatchObject({ role: 'ig-lead' });
  });

  it('is renewed by any of them once the agreement it rests on holds again', () => {
    expect(grantRuling(owner, suspended('clock'), 'renew')).toMatchObject({ role: 'gp-owner' });
    expect(grantRuling(lead, suspended('clock'), 'renew')).toMatchObject({ role: 'ig-lead' });
  });

  it('is reviewed and revoked whoever suspended it', () => {
    for (const decision of ['review', 'revoke'] as const) {
      expect(grantRuling(owner, suspended('ig-lead'), decision)).toMatchObject({
        role: 'gp-owner',
      });
    }
  });
});

describe('a grant that is active', () => {
  const grant: Grantable = {
    ...{ ...requested('view'), state: 'active' },
    steps: stepsFor('view', ['gp']).map((step) => ({ ...step, by: 'user-o', at: 'now' })),
  };

  it('is given up by its requester, who takes no other decision on it', () => {
    const requester = someone('user-a', 'analyst');
    expect(grantRuling(requester, grant, 'revoke')).toEqual({ role: 'requester', step: null });
    for (const decision of ['suspend', 'renew', 'review'] as const) {
      expect(grantRuling(requester, grant, decision)).toEqual({
        refusal: grantErrors.notYourGrant,
      });
    }
    expect(grantRuling({ ...requester, kind: 'grant' }, grant, 'revoke')).toHaveProperty('refusal');
  });

  it('has no open step, which is said before who decided its steps', () => {
    expect(grantRuling(someone('user-o', 'owner', 'gp'), grant, 'approve')).toEqual({
      refusal: grantErrors.illegalGrantMove,
      detail: 'from "active": suspend, revoke, expire',
    });
  });
});

describe('who sees a grant', () => {
  it('is whoever may revoke it, also where they decide nothing about it', () => {
    const people = fc.tuple(person, fc.constantFrom('individual-care' as const, 'view' as const));
    let ruled = 0;
    fc.assert(
      fc.property(people, ([one, kind]) => {
        const grant: Grantable = { ...requested(kind), state: 'active' };
        if (!('role' in grantRuling(one, grant, 'revoke'))) return;
        ruled += 1;
        expect(maySee(one, grant)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(ruled).toBeGreaterThan(200);
    expect(maySee(someone('user-i', 'ig-lead'), requested('individual-care'))).toBe(true);
  });

  it('is requester, owner, deciders, auditor, administrator', () => {
    const grant = requested('view');
    const sees = (one: Person) => maySee(one, grant);
    expect(sees(someone('user-a', 'analyst'))).toBe(true);
    expect(sees(someone('user-o', 'owner', 'gp'))).toBe(true);
    expect(sees(someone('user-i', 'ig-lead'))).toBe(true);
    expect(sees(someone('user-u', 'auditor'))).toBe(true);
    expect(sees(someone('user-d', 'administrator'))).toBe(true);
    expect(sees(someone('user-b', 'analyst'))).toBe(false);
    expect(sees(someone('user-o', 'owner', 'acute'))).toBe(false);
    expect(sees(someone('user-c', 'caldicott-guardian'))).toBe(false);
    expect(sees({ sub: 'grant-x', kind: 'grant', roles: ['auditor'], team: null })).toBe(false);
  });

  it('of an emergency is nobody for holding the role that may break the glass', () => {
    const emergency: Grantable = {
      ...{ ...requested('individual-care'), state: 'active', emergency: true },
      steps: [{ role: 'care-professional', by: 'user-a', at: 'now' }],
    };
    const sees = (sub: string, role: string) => maySee(someone(sub, role), emergency);
    expect(sees('user-a', 'care-professional')).toBe(true);
    expect(sees('user-b', 'care-professional')).toBe(false);
    expect(sees('user-c', 'caldicott-guardian')).toBe(true);
    expect(sees('user-i', 'ig-lead')).toBe(true);
  });

  it('of a draft is its requester, and who sent it back', () => {
    const drafted = (steps: Grantable['steps']): Grantable => ({
      ...{ ...requested('individual-care'), state: 'draft', steps },
    });
    const sees = (role: string, steps: Grantable['steps'] = []) =>
      maySee(someone('user-x', role), drafted(steps));
    expect(maySee(someone('user-a', 'analyst'), drafted([]))).toBe(true);
    for (const role of ['ig-lead', 'caldicott-guardian']) expect(sees(role)).toBe(false);
    for (const role of ['auditor', 'administrator']) expect(sees(role)).toBe(true);
    expect(sees('caldicott-guardian', stepsFor('individual-care', ['gp']))).toBe(true);
  });
});
