import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { People } from './people.js';

const file = join(mkdtempSync(join(tmpdir(), 'people-spec-')), 'people.json');
const ann = { user: 'ann', password: 'a', roles: ['lead'], organisation: 'QUY', team: null };
const save = (...people: object[]) => writeFileSync(file, JSON.stringify({ people }));

describe('signing a person in', () => {
  it('needs the name and the password', async () => {
    save(ann);
    const people = new People(file);
    expect(await people.signIn('ann', 'a')).toEqual({
      user: 'ann',
      roles: ['lead'],
      org: 'QUY',
      team: null,
    });
    expect(await people.signIn('ann', 'A')).toBeNull();
    expect(await people.signIn('ann', '')).toBeNull();
    expect(await people.signIn('bob', 'a')).toBeNull();
  });

  it('knows people who were added since', async () => {
    save(ann);
    const people = new People(file);
    await people.signIn('ann', 'a');
    save(ann, { ...ann, user: 'bob' });
    expect((await people.signIn('bob', 'a'))?.user).toBe('bob');
  });
});
