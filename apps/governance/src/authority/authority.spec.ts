import { describe, expect, it } from 'vitest';
import { holds, isIndependentOf } from './authority.js';
import type { Person } from './authority.js';

const someone = (sub: string, roles: string[], team: string | null = null): Person => ({
  ...{ sub, kind: 'user', roles, team },
});

describe('who is independent of an author', () => {
  const author = { sub: 'user-a', team: 'gp' };

  it('is nobody who publishes for the domain of the author’s team, whatever team their token names', () => {
    for (const team of [null, 'board', 'gp']) {
      expect(isIndependentOf(someone('user-b', ['gp-publisher'], team), [author])).toBe(false);
    }
    expect(isIndependentOf(someone('user-b', ['publisher'], 'gp'), [author])).toBe(false);
  });

  it('is who publishes for another domain', () => {
    expect(isIndependentOf(someone('user-b', ['acute-publisher']), [author])).toBe(true);
    expect(isIndependentOf(someone('user-b', ['publisher'], 'acute'), [author])).toBe(true);
    const alone = { ...author, team: null };
    expect(isIndependentOf(someone('user-b', ['gp-publisher']), [alone])).toBe(true);
  });

  it('is an owner of the domain who is not on its team: owners decide what its people ask for', () => {
    const owner = someone('user-b', ['gp-owner']);
    expect(holds(owner, 'gp-owner')).toBe(true);
    expect(isIndependentOf(owner, [author])).toBe(true);
    expect(isIndependentOf({ ...owner, team: 'gp' }, [author])).toBe(false);
  });
});
