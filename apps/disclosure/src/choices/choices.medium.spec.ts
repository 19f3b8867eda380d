import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { keys, names } from '@caremesh/contract';
import { SchemaRegistry } from '@caremesh/product';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { StandInMailbox } from '../check-service/stand-in.js';
import type { GrantedView } from '../grants/governance.js';
import { ViewStanding } from '../operate/standing.js';
import { ViewsController } from '../operate/views.controller.js';
import { SECONDARY_USE } from '../part.js';
import type { Disclosed } from '../spec/reader.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import type { Person } from '../spec/publisher.js';
import { ViewStore } from '../views/view-store.js';
import { nhsNumberOf } from './people.js';

const home = mkdtempSync(join(tmpdir(), 'caremesh-choices-'));
const FILE = join(home, 'opted-out.txt');
const mailbox = new StandInMailbox(FILE);
let rig: Rig;
let view: GrantedView;
let exempt: GrantedView;
let compacted: GrantedView;
/** Log segments that live for a second, so that compaction is a matter of seconds. */
const COMPACTED_SOON = {
  ...{ 'cleanup.policy': 'compact', 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01' },
  ...{ 'max.compaction.lag.ms': '1000', 'delete.retention.ms': '1000' },
};

/** Synthetic people with numbers that a check service takes; the body of a number of the 9xx range. */
const person = (n: number): Person => {
  for (let body = 910_000_000 + n * 2; ; body++) {
    const digits = nhsNumberOf(body);
    if (digits.length === 10) return { nhsNumber: digits, localId: `L${n}`, postcode: 'LS1 4AB' };
  }
};
const people = Array.from({ length: 20 }, (_, n) => person(n));
const optOut = (...out: Person[]) =>
  writeFileSync(FILE, `# test\n${out.map(({ nhsNumber }) => nhsNumber).join('\n')}\n`);
/** Lists exchanged, and what follows of them, until the exchange has nothing more to ask. */
async function settle(): Promise<void> {
  for (let n = 0; n < 3; n++) await rig.look();
}

beforeAll(async () => {
  rig = await disclosureRig(() => mailbox, {
    pace: { refreshMs: 0, againMs: 0, answerMs: 60_000 },
  });
});
afterAll(() => rig.close());

const byText = (a: string, b: string) => (a < b ? -1 : 1);

/** The last word under each key, as a new reader has it. */
const latest = (records: Disclosed[]) => new Map(records.map((one) => [one.key, one]));
const live = (records: Disclosed[]) =>
  [...latest(records).values()].filter(({ value }) => value !== null);

/** How much of the edition the last filling of a view read again, and whether it was everything. */
async function readAgain({ topic }: GrantedView) {
  const { rows } = await rig.pool.query<{ records: number; whole: boolean }>(
    `SELECT sum(until_offset - from_offset)::int AS records, bool_and(from_offset = 0) AS whole
     FROM view_backfill JOIN view ON id = view_id WHERE topic = $1`,
    [topic],
  );
  return rows[0]!;
}

describe('a view that the national data opt-out applies to', () => {
  test('holds everybody back until a list has come, and says so; one it does not apply to begins', async () => {
    optOut(people[3]!);
    view = await rig.grant('choicesbound');
    exempt = await rig.grant('choicesfree', { commonLaw: 'consent' });
    compacted = await rig.grant('choicescompact', {}, COMPACTED_SOON);
    await rig.publish(...people.slice(0, 10).map((one, n) => [n, one] as [number, Person]));
    expect(await rig.read(exempt, 10)).toHaveLength(10);
    expect(await rig.read(view, 0)).toEqual([]);
    const { rows } = await rig.pool.query(
      `SELECT received_at, held_since < now() AS held FROM check_list WHERE organisation = 'QUY'`,
    );
    expect(rows).toEqual([{ received_at: null, held: true }]);
  });

  test('discloses who is on the list, and leaves no trace of who is not', async () => {
    await settle();
    const records = await rig.read(view, 9);
    expect(records).toHaveLength(9);
    const { rows } = await rig.pool.query<{ n: string }>(
      `SELECT count(*) AS n FROM view_record JOIN view ON id = view_id WHERE topic = $1`,
      [view.topic],
    );
    expect(Number(rows[0]!.n)).toBe(9);
  });

  test('withholds who is new, and who has no NHS number, and discloses the new ones with the next list', async () => {
    const unknown: Person = { nhsNumber: null, localId: 'L99', postcode: 'LS1 4AB' };
    await rig.publish([10, people[10]!], [11, people[11]!], [99, unknown], [0, people[0]!, 2]);
    // The next list is asked for when who is new has been noted: that is when the other view has them.
    expect(await rig.read(exempt, 14)).toHaveLength(14);
    expect(await rig.read(view, 10)).toHaveLength(10);
    await settle();
    expect(live(await rig.read(view, 12))).toHaveLength(11);
    expect(await rig.read(view, 12)).toHaveLength(12);
    // Of the fourteen records no more than the four last ones.
    const { records, whole } = await readAgain(view);
    expect(whole).toBe(false);
    expect(records).toBeLessThanOrEqual(4);
  });

  test('withdraws who opts out: a tombstone for each key, then nothing more; the other view goes on', async () => {
    await rig.publish([101, people[1]!], [102, people[1]!]);
    expect(await rig.read(view, 14)).toHaveLength(14);
    optOut(people[1]!, people[3]!);
    await settle();
    const after = await rig.read(view, 17);
    const tombstones = after.filter(({ value }) => value === null);
    expect(tombstones).toHaveLength(3);
    expect(new Set(tombstones.map(({ key }) => key.split('.')[0])).size).toBe(1);
    await rig.publish([101, people[1]!, 2], [103, people[1]!], [4, people[4]!, 2]);
    expect(await rig.read(view, 18)).toHaveLength(18);
    expect(live(await rig.read(exempt, 19))).toHaveLength(16);
  });

  test('tells the grant, on a topic of its own, which people are no longer available', async () => {
    await rig.parts.announcements.look(Date.now() + 1_000);
    const topic = names.withdrawalsTopic(view.grantId);
    const registry = new SchemaRegistry(rig.stack.registryUrl);
    const schemaId = (await registry.latestId(names.subjectOf(topic)))!;
    const [event, ...others] = await rig.read({ topic, schemaId }, 1);
    expect(others).toEqual([]);
    expect(keys.parseMessageKey(event!.key)?.person).toBe('-');
    const gone = [...latest(await rig.read(view, 18)).values()].filter(({ value }) => !value);
    const recordIds = gone.map(({ key }) => key.split('.')[1]!).sort(byText);
    expect(event!.value).toMatchObject({
      ...{ view: view.topic, erase: false },
      people: [{ person: gone[0]!.key.split('.')[0], recordIds }],
    });
    await rig.parts.announcements.look(Date.now() + 1_000);
    expect(await rig.read({ topic, schemaId }, 1)).toHaveLength(1);
  });

  test('takes back who opts in again, under new ids and revisions above the tombstones', async () => {
    const before = await rig.read(view, 18);
    optOut(people[3]!);
    await settle();
    const after = await rig.read(view, 22);
    expect(live(after)).toHaveLength(14);
    expect((await readAgain(view)).whole).toBe(true);
    expect(new Set(after.map(({ headers }) => headers['ce_id'])).size).toBe(after.length);
    for (const { key, headers } of after.slice(before.length)) {
      const tombstone = before.findLast((one) => one.key === key && one.value === null);
      if (!tombstone) continue;
      expect(Number(headers['ce_recordrevision'])).toBeGreaterThan(
        Number(tombstone.headers['ce_recordrevision']),
      );
      expect(Number(headers['ce_sequence'])).toBeGreaterThan(
        Number(tombstone.headers['ce_sequence']),
      );
    }
  });

  test('a tombstone looks the same whatever ended the record', async () => {
    const source = await rig.read(view, 22);
    const ours = source.find(({ value }) => value === null)!;
    expect(Object.keys(ours.headers)).not.toContain('ce_source');
    expect(ours.headers['ce_type']).toBe('caremesh.gp.medication-statement.retracted.v7');
  });

  test('a list that is malformed or cut short changes nothing, and is told', async () => {
    const send = vi.spyOn(mailbox, 'fetch').mockImplementation(() =>
      Promise.resolve({
        ...{ fileName: null, localId: null, report: false },
        bytes: Buffer.from(`${people[0]!.nhsNumber},\n${people[1]!.nhsNumber}`),
      }),
    );
    await rig.publish([12, people[12]!], [5, people[5]!, 2]);
    const had = (await rig.read(view, 23)).length;
    await settle();
    send.mockRestore();
    const { rows } = await rig.pool.query(
      `SELECT trouble, received_at IS NOT NULL AS usable FROM check_list WHERE organisation = 'QUY'`,
    );
    expect(rows).toEqual([{ trouble: 'MESH-4405', usable: true }]);
    const standing = new ViewStanding(rig.pool, { troubleOf: () => null });
    const store = new ViewStore(rig.pool, SECONDARY_USE.editionOf);
    const controller = new ViewsController(store, standing, {} as never);
    const shown = (await controller.list()).items.find(({ topic }) => topic === view.topic);
    expect(shown).toMatchObject({ held: null, trouble: { code: 'MESH-4405' } });
    expect(Date.parse(shown!.listedAt!)).toBeLessThan(Date.parse(shown!.trouble!.since));
    expect((await standing.of(view.grantId))[0]).toMatchObject({ trouble: shown!.trouble });
    expect(await rig.read(view, had)).toHaveLength(had);
    await settle();
    expect(await rig.read(view, had + 1)).toHaveLength(had + 1);
  });

  test('when the last list is too old nothing is disclosed, until another has come', async () => {
    const had = (await rig.read(view, 24)).length;
    await rig.pool.query(
      `UPDATE check_list SET received_at = received_at - interval '2 hours' WHERE organisation = 'QUY'`,
    );
    await rig.publish([5, people[5]!, 3]);
    expect(await rig.read(view, had)).toHaveLength(had);
    await settle();
    expect(await rig.read(view, had + 1)).toHaveLength(had + 1);
  });

  test('once later records have passed and compaction has run, nothing is left of a person who was withdrawn', async () => {
    const seen = await rig.read(compacted, 1);
    optOut(people[3]!, people[6]!);
    await settle();
    const closed = async () => {
      const all = await rig.read(compacted, 1);
      return all.filter(({ value }) => value === null).map(({ key }) => key);
    };
    // What the sweep ends is on its way to the topic when it has been looked through.
    const gone = await vi.waitUntil(
      async () => {
        const held = (key: string) => seen.some((one) => one.key === key && one.value);
        const found = (await closed()).filter(held);
        return found.length > 0 && found;
      },
      { timeout: 60_000 },
    );
    let revision = 10;
    await vi.waitUntil(
      async () => {
        await rig.publish([7, people[7]!, revision++]);
        const all = await rig.read(compacted, 1);
        return !all.some(({ key }) => gone.includes(key));
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(gone).toHaveLength(1);
  });

  test('what is decided of a running grant holds from then on, also for what was disclosed before', async () => {
    // Under two rules no name is the same in both views: their records are told apart by when their source changed them.
    const recordsOf = async (of: GrantedView) =>
      live(await rig.read(of, 1)).map(({ value }) => String(value!['sourceSystemUpdatedAt']));
    const becomes = (wanted: string[]) =>
      vi.waitUntil(
        async () => {
          await rig.look();
          return (await recordsOf(exempt)).sort(byText).join() === wanted.sort(byText).join();
        },
        { timeout: 60_000, interval: 200 },
      );
    const everybody = await recordsOf(exempt);
    const listed = await recordsOf(view);
    expect(everybody.length).toBeGreaterThan(listed.length);
    Object.assign(exempt, { commonLaw: 's251', erase: true });
    await becomes(listed);
    await rig.parts.announcements.look(Date.now() + 1_000);
    const topic = names.withdrawalsTopic(exempt.grantId);
    const registry = new SchemaRegistry(rig.stack.registryUrl);
    const schemaId = (await registry.latestId(names.subjectOf(topic)))!;
    expect((await rig.read({ topic, schemaId }, 1)).at(-1)!.value).toMatchObject({ erase: true });
    Object.assign(exempt, { exemption: 'communicable-disease' });
    await becomes(everybody);
  });

  test('whoever opted out while a grant was suspended is out of its view once it is renewed', async () => {
    const opted = people[8]!;
    const isThere = async () =>
      live(await rig.read(view, 1)).some(
        ({ value }) => value!['sourceSystemUpdatedAt'] === 1_760_000_000_123 + 8,
      );
    expect(await isThere()).toBe(true);
    rig.granted.splice(rig.granted.indexOf(view), 1);
    await rig.look();
    // Another view of the organisation has the list exchanged, and looked through, meanwhile.
    optOut(people[3]!, people[6]!, opted);
    await settle();
    rig.granted.push(view);
    await vi.waitUntil(
      async () => {
        await rig.look();
        return !(await isThere());
      },
      { timeout: 30_000 },
    );
  });

  test('nothing of a person stands in clear in the database, nor that anybody opted out', async () => {
    const { rows } = await rig.pool.query<{ text: string }>(
      `SELECT coalesce(string_agg(t::text, ' '), '') AS text FROM (
         SELECT c::text AS t FROM cohort_person c UNION ALL SELECT l::text FROM check_list l
         UNION ALL SELECT r::text FROM view_record r UNION ALL SELECT w::text FROM withdrawn w) all_rows`,
    );
    const forbidden = people.flatMap(({ nhsNumber, localId }) => [nhsNumber!, localId]);
    expect(forbidden.filter((text) => rows[0]!.text.includes(` ${text}`))).toEqual([]);
    expect(forbidden.filter((text) => /^9/.test(text) && rows[0]!.text.includes(text))).toEqual([]);
  });
});
