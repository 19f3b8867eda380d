import { expect, it } from 'vitest';
import { isIndependentOf } from '../authority/authority.js';
import type { Person } from '../authority/authority.js';
import { authorsOf } from './may-decide.js';

it('takes a publisher for one of the domain they proposed for, beside the team their token names', () => {
  const someone = (roles: string[], team: string | null): Person => ({
    ...{ sub: 'user-b', kind: 'user', roles, team },
  });
  const authors = authorsOf([{ proposedBy: 'user-a', team: 'board', domain: 'gp' }]);
  for (const person of [
    someone(['governance-lead', 'gp-publisher'], null),
    someone(['governance-lead'], 'gp'),
    someone(['governance-lead'], 'board'),
  ]) {
    expect(isIndependentOf(person, authors)).toBe(false);
  }
  expect(isIndependentOf(someone(['governance-lead', 'acute-publisher'], null), authors)).toBe(
    true,
  );
  expect(authorsOf([{ proposedBy: 'user-a', team: 'gp', domain: 'gp' }])).toEqual([
    { sub: 'user-a', team: 'gp' },
  ]);
});
