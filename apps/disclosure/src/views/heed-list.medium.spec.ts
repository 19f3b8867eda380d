import { afterAll, beforeAll, expect, test } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';
import type { Disclosed } from '../spec/reader.js';
import { SensitiveCodes } from './sensitive-codes.js';

/** Two medicines; the first is put on a site's list once records of it have been disclosed. */
const [LISTED, OTHER] = ['39113611000001102', '39732311000001104'];
const PEOPLE = [31, 32, 33].map(person);
const SNOMED_CT = 'http://snomed.info/sct';
let rig: Rig;
let view: GrantedView;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 13);
  view = await rig.grant('listlater', { commonLaw: 'consent' });
  await rig.publish(
    [1, PEOPLE[0]!, { code: LISTED }],
    [2, PEOPLE[1]!, { code: OTHER }],
    [3, PEOPLE[2]!, { code: LISTED }],
  );
});
afterAll(() => rig.close());

const byText = (a: string | null, b: string | null) => (String(a) < String(b) ? -1 : 1);

/** What a recipient that goes by the revision of a record has at last, by key; null: ended. */
function held(records: readonly Disclosed[]): (string | null)[] {
  const last = new Map<string, { revision: number; code: string | null }>();
  for (const { key, value, headers } of records) {
    const revision = Number(headers['ce_recordrevision']);
    if (revision <= (last.get(key)?.revision ?? 0)) continue;
    last.set(key, { revision, code: value && String(value['medicationCode']) });
  }
  return [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { code }]) => code);
}

test('a list given later reaches what was disclosed before: the codes are gone from what a recipient holds', async () => {
  expect(held(await rig.read(view, 3)).sort(byText)).toEqual([LISTED, LISTED, OTHER]);
  await rig.restart(new SensitiveCodes([LISTED]));
  await rig.look();
  const records = await rig.read(view, 6);
  expect(records).toHaveLength(6);
  expect(held(records).sort(byText)).toEqual([OTHER, 'null', 'null']);
  expect(new Set(records.map(({ headers }) => headers['ce_id'])).size).toBe(6);
});

test('the same list again has nothing told again, and what follows is under it', async () => {
  await rig.restart(new SensitiveCodes([LISTED]));
  await rig.look();
  await rig.publish([2, PEOPLE[1]!, { code: LISTED, revision: 2, sequence: 2 }]);
  const records = await rig.read(view, 7);
  expect(records).toHaveLength(7);
  expect(held(records)).toEqual(['null', 'null', 'null']);
});

test('a process with another list writes nothing more to the view', async () => {
  const { rows } = await rig.pool.query<{ codes: string }>(`SELECT codes FROM view`);
  expect(rows).toEqual([{ codes: new SensitiveCodes([LISTED]).digestOf([SNOMED_CT]) }]);
  // The newer list is another process's: this one has looked before, and does not put its own in force.
  await rig.pool.query(`UPDATE view SET codes = 'of another list'`);
  await rig.look();
  await rig.publish([4, PEOPLE[0]!, { code: OTHER, sequence: 3 }]);
  expect(await rig.read(view, 7)).toHaveLength(7);
  expect((await rig.pool.query(`SELECT codes FROM view`)).rows).toEqual([
    { codes: 'of another list' },
  ]);
});

test('when the list is taken away the codes are told again, and what ends comes after all that was told', async () => {
  await rig.restart(undefined);
  await rig.look();
  // The four live records, of which the last had waited.
  expect(held(await rig.read(view, 11)).sort(byText)).toEqual(
    [OTHER, LISTED, LISTED, LISTED].sort(byText),
  );
  await rig.publish([3, PEOPLE[2]!, { changeType: null, revision: 2, sequence: 4 }]);
  const records = await rig.read(view, 12);
  expect(records).toHaveLength(12);
  expect(held(records).sort(byText)).toEqual([LISTED, LISTED, OTHER, null].sort(byText));
});
