import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Author, Person } from '../authority/authority.js';
import { governanceErrors } from '../errors.js';
import { withCovers } from '../cover/rules.js';
import { isComplete, partTakersIn, repeatedBy, rulingOn } from './rules.js';

const ROLES = [
  'gp-publisher',
  'gp-owner',
  'governance-lead',
  'ig-lead',
  'caldicott-guardian',
  'analyst',
  'auditor',
  'administrator',
];
const person = fc.record<Person>({
  sub: fc.constantFrom('user-a', 'user-b', 'user-c', 'svc-bot'),
  kind: fc.constantFrom('user', 'user', 'user', 'service', 'domain', 'grant'),
  roles: fc.subarray(ROLES),
  team: fc.constantFrom(null, 'gp', 'governance'),
});
const author = person.map(({ sub, team }): Author => ({ sub, team }));
const isColleague = ({ team, roles }: Person, author: Author): boolean =>
  author.team !== null && (author.team === team || roles.includes(`${author.team}-publisher`));
const needed = fc.subarray(['governance-lead', 'ig-lead'], { minLength: 1 });

describe('who decides', () => {
  it('is never an author, nor of an author’s team, nor anything but a person', () => {
    let ruled = 0;
    fc.assert(
      fc.property(
        person,
        fc.array(author, { minLength: 1, maxLength: 3 }),
        needed,
        fc.option(fc.constantFrom(...ROLES), { nil: undefined }),
        (decider, authors, decisionsNeeded, wanted) => {
          const ruling = rulingOn(decider, wanted, { decisionsNeeded, authors, approvals: [] });
          if (!('role' in ruling)) return;
          ruled += 1;
          expect(decider.kind).toBe('user');
          expect(decider.roles).toContain(ruling.role);
          expect(decisionsNeeded).toContain(ruling.role);
          expect(authors.map(({ sub }) => sub)).not.toContain(decider.sub);
          expect(authors.filter((one) => isColleague(decider, one))).toEqual([]);
        },
      ),
      { numRuns: 5_000 },
    );
    expect(ruled).toBeGreaterThan(50);
  });

  it('is another person for each role that is asked for', () => {
    const both: Person = {
      sub: 'user-b',
      kind: 'user',
      roles: ['governance-lead', 'ig-lead'],
      team: null,
    };
    const about = {
      decisionsNeeded: ['governance-lead', 'ig-lead'],
      authors: [{ sub: 'user-a', team: 'gp' }],
      approvals: [{ role: 'governance-lead', decidedBy: 'user-b' }],
    };
    expect(rulingOn(both, 'ig-lead', about)).toEqual({ refusal: governanceErrors.ownWords });
    expect(rulingOn({ ...both, sub: 'user-c' }, undefined, about)).toEqual({ role: 'ig-lead' });
  });

  it('is no deputy of who approved in another role: one person would decide both', () => {
    const about = {
      decisionsNeeded: ['governance-lead', 'ig-lead'],
      authors: [{ sub: 'user-a', team: 'gp' }],
      approvals: [{ role: 'governance-lead', decidedBy: 'user-b' }],
    };
    const covered = (holder: string) => {
      const at = new Date('2026-11-03T00:00:00Z');
      const [fromAt, untilAt] = [new Date('2026-11-02'), new Date('2026-11-09')];
      const cover = {
        role: 'ig-lead',
        holder,
        holderTeam: 'governance',
        holderRoles: ['ig-lead'],
        deputy: 'user-d',
        endedAt: null,
      };
      const deputy: Person = { sub: 'user-d', kind: 'user', roles: [], team: null };
      return withCovers(deputy, [{ ...cover, fromAt, untilAt }], partTakersIn(about), at);
    };
    expect(rulingOn(covered('user-b'), 'ig-lead', about)).toMatchObject({
      refusal: governanceErrors.notYourDecision,
    });
    expect(rulingOn(covered('user-c'), 'ig-lead', about)).toEqual({ role: 'ig-lead' });
  });

  it('is told who has taken the decision of its role, where that is somebody else', () => {
    const second: Person = {
      sub: 'user-lead-2',
      kind: 'user',
      roles: ['governance-lead'],
      team: null,
    };
    const approvals = [
      { role: 'governance-lead', decidedBy: 'user-lead' },
      { role: 'ig-lead', decidedBy: 'user-ig' },
    ];
    const about = {
      decisionsNeeded: ['governance-lead', 'ig-lead'],
      authors: [{ sub: 'user-a', team: 'gp' }],
      approvals,
    };
    const expected = {
      refusal: governanceErrors.roleUsed,
      detail: 'Decided: governance-lead by user-lead',
    };
    expect(rulingOn(second, undefined, about)).toEqual(expected);
    expect(rulingOn(second, 'governance-lead', about)).toEqual(expected);
    expect(rulingOn({ ...second, sub: 'user-lead' }, undefined, about)).toEqual({
      refusal: governanceErrors.ownWords,
    });
  });

  it('needs the role, whatever role the body claims', () => {
    const lead: Person = { sub: 'user-b', kind: 'user', roles: ['analyst'], team: null };
    const ruling = rulingOn(lead, 'governance-lead', {
      decisionsNeeded: ['governance-lead'],
      authors: [],
      approvals: [],
    });
    expect(ruling).toMatchObject({ refusal: governanceErrors.notYourDecision });
  });

  it('is complete when every role has approved', () => {
    expect(isComplete(['governance-lead', 'ig-lead'], ['ig-lead'])).toBe(false);
    expect(isComplete(['governance-lead', 'ig-lead'], ['ig-lead', 'governance-lead'])).toBe(true);
  });
});

describe('what waits for a decision already', () => {
  const open = { id: 'abcdefgh', proposedBy: 'user-a' };

  it('is the answer to whoever proposed it, and to nobody else who proposes the same', () => {
    expect(repeatedBy({ sub: 'user-a' }, open)).toBe(open);
    expect(() => repeatedBy({ sub: 'user-b' }, open)).toThrow(
      expect.objectContaining({
        code: 'MESH-3091',
        detail: 'It is abcdefgh, proposed by user-a',
      }),
    );
  });
});
