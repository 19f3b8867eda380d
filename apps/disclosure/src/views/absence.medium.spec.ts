import { afterAll, beforeAll, expect, test } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';

let rig: Rig;
let view: GrantedView;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 59);
  view = await rig.grant('wasawayx', { commonLaw: 'consent' });
  await rig.publish([1, person(31)], [2, person(32)]);
  await rig.read(view, 2);
});
afterAll(() => rig.close());

/** As if somebody had ended one more record, and that had been compacted away. */
const lost = () =>
  rig.pool.query(
    `INSERT INTO view_record (view_id, source_key, revision, live)
     SELECT view_id, split_part(source_key, '.', 1) || '.' || repeat('z', 26), 1, true FROM view_record
     ORDER BY source_key LIMIT 1`,
  );
const away = (days: number) => async () => {
  await rig.pool.query(`UPDATE edition SET followed_at = now() - make_interval(days => $1)`, [
    days,
  ]);
};
/** Until nothing is to be filled and nothing is in doubt. */
async function settled(): Promise<void> {
  await expect
    .poll(
      async () => {
        await rig.look();
        await rig.parts.leftovers.look();
        const { rows } = await rig.pool.query<{ open: boolean }>(
          `SELECT EXISTS (SELECT FROM view_record WHERE unsure) OR EXISTS (SELECT FROM view_terms WHERE refill)
             OR EXISTS (SELECT FROM view_backfill WHERE NOT done) AS open`,
        );
        return rows[0]!.open;
      },
      { timeout: 30_000 },
    )
    .toBe(false);
}
const live = async () => (await rig.pool.query(`SELECT FROM view_record WHERE live`)).rowCount;

test('whoever was away for less than tombstones are kept goes on where it was', async () => {
  await lost();
  await rig.restart(undefined, away(3));
  await settled();
  expect(await live()).toBe(3);
  expect(await rig.read(view, 2)).toHaveLength(2);
});

test('after longer, what the edition says nothing of any more is over, and nothing else is told', async () => {
  await rig.restart(undefined, away(4));
  await settled();
  expect(await live()).toBe(2);
  const records = await rig.read(view, 3);
  expect(records.map(({ value }) => value === null)).toEqual([false, false, true]);
  const { rows } = await rig.pool.query<{ now: boolean }>(
    `SELECT followed_at > now() - interval '1 minute' AS now FROM edition`,
  );
  expect(rows).toEqual([{ now: true }]);
});
