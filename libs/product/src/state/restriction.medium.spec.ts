import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { gp, nhsNumber, ODS, SERVICE } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { sentTo as sent } from '../rig/sent-to.js';
import type { Sent } from '../rig/sent-to.js';
import { SECONDARY, TOPIC } from '../rig/small-mesh.js';

/** What is published of restricted people, in both editions, whatever comes in whatever order. */
const KEY = Buffer.alloc(32, 6);
const [POSTCODE, PRACTICE] = ['LS1 4HR', 'B82005'];
let domain: CommittingDomain;
let preparer: CommittingDomain['preparer'];
let committer: CommittingDomain['committer'];

beforeAll(async () => {
  domain = await committingDomain(KEY);
  ({ preparer, committer } = domain);
});
afterAll(() => domain.close());

let index = 0;
async function commit(...lines: Line[]): Promise<string[]> {
  const body = (async function* () {
    yield Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));
  })();
  const source = gp.sources.find(({ name }) => name === 'feed')!;
  const items = [];
  for await (const item of source.read({ contentType: '', body, environment: 'test' }))
    items.push(preparer.prepare({ ...item, index: index++ }, ARRIVAL));
  return (await committer.commit({ items })).map(({ outcome }) => outcome);
}

const sentTo = (topic: string) => sent(domain.database, topic);

/** By their source's id, the records that a new reader of a topic finds of somebody, and what tells where they are. */
async function shown(nhs: string, topic = TOPIC): Promise<Record<string, unknown>> {
  const last = new Map((await sentTo(topic)).map((one) => [one.key, one]));
  const live = [...last.values()].filter(
    ({ value }) => value?.['nhsNumber'] === nhs && value['changeType'] !== 'MERGED',
  );
  return Object.fromEntries(live.map((one) => [one.value!['medicationStatementId'], placeOf(one)]));
}
const sourceOf = ({ headers }: Sent) => headers.get('ce_source');
const placeOf = (one: Sent) => [
  ...['postcode', 'gpPracticeOds', 'localPatientIdIssuer', 'publisherOds'].map(
    (name) => one.value![name],
  ),
  sourceOf(one)?.replace('urn:ods:', ''),
];
const WHOLE = [POSTCODE, PRACTICE, null, PRACTICE, PRACTICE];
const WITH_LOCAL = [POSTCODE, PRACTICE, ODS, PRACTICE, PRACTICE];
const BARE = [null, null, null, ODS, ODS];
const HIDDEN = [null, null, null, SERVICE, SERVICE];

const put = (id: string, nhs: string | null, more: Partial<Line> = {}): Line => ({
  ...{ do: 'put', id, nhs, keeper: PRACTICE, postcode: POSTCODE, practice: PRACTICE, ...more },
});
/** A patient sent alone. */
const patient = (nhs: string | null, restricted: boolean, more: Partial<Line> = {}): Line => ({
  ...{ do: 'other', nhs, restricted, ...more },
});
async function bothShow(nhs: string, expected: Record<string, unknown>): Promise<void> {
  expect(await shown(nhs)).toEqual(expected);
  expect(await shown(nhs, SECONDARY)).toEqual(expected);
}

it('a patient sent alone restricts what was published before, in both editions, and what comes by identifier alone', async () => {
  const nhs = nhsNumber(1);
  await commit(put('a', nhs), put('b', nhs, { local: 'L1' }), put('other', nhsNumber(2)));
  await bothShow(nhs, { a: WHOLE, b: WITH_LOCAL });
  expect(await commit(patient(nhs, true))).toEqual(['accepted']);
  await bothShow(nhs, { a: HIDDEN, b: HIDDEN });
  await bothShow(nhsNumber(2), { other: WHOLE });
  expect(await commit({ do: 'put', id: 'c', nhs, text: 'by identifier' })).toEqual(['accepted']);
  await bothShow(nhs, { a: HIDDEN, b: HIDDEN, c: HIDDEN });
  // Said again it changes nothing; said of somebody else, who never was restricted, it says nothing.
  const sent = (await sentTo(TOPIC)).length;
  expect(await commit(patient(nhs, true), patient(nhsNumber(2), false))).toEqual([
    ...['unchanged', 'notUsed'],
  ]);
  expect((await sentTo(TOPIC)).length).toBe(sent);
  expect(await commit(patient(nhs, false))).toEqual(['accepted']);
  await bothShow(nhs, { a: WHOLE, b: WITH_LOCAL, c: BARE });
  await commit({ do: 'retract', id: 'c', nhs });
});

it('a record takes effect with the restriction that came beside it, also where the record itself is refused', async () => {
  const nhs = nhsNumber(3);
  await commit(put('d', nhs));
  expect(await commit({ do: 'faulty', nhs, restricted: true })).toEqual(['quarantined']);
  await bothShow(nhs, { d: HIDDEN });
  expect(await commit(put('e', nhs, { restricted: false }))).toEqual(['accepted']);
  await bothShow(nhs, { d: WHOLE, e: WHOLE });
  expect(await commit(put('f', nhs, { restricted: true }), put('g', nhs))).toEqual([
    ...['accepted', 'accepted'],
  ]);
  await bothShow(nhs, { d: HIDDEN, e: HIDDEN, f: HIDDEN, g: HIDDEN });
  // What is hidden is held: said again it is no change, and said otherwise it is one.
  expect(await commit(put('f', nhs))).toEqual(['unchanged']);
  expect(await commit({ do: 'retract', id: 'g', nhs, keeper: PRACTICE })).toEqual(['retracted']);
  const last = (await sentTo(TOPIC)).at(-1)!;
  expect({ ...last, source: sourceOf(last) }).toMatchObject({
    source: `urn:ods:${SERVICE}`,
    value: { changeType: 'RETRACTED', publisherOds: SERVICE, localPatientIdIssuer: null },
  });
});

it('the newer statement counts by when its source changed it', async () => {
  const nhs = nhsNumber(4);
  const at = (day: number) => ({ restrictedAt: `2026-03-0${day}T00:00:00Z` });
  await commit(put('h', nhs), patient(nhs, true, at(2)));
  expect(await commit(patient(nhs, false, at(1)))).toEqual(['notUsed']);
  await bothShow(nhs, { h: HIDDEN });
  expect(await commit(patient(nhs, false, at(3)), patient(nhs, true, at(2)))).toEqual([
    ...['accepted', 'unchanged'],
  ]);
  await bothShow(nhs, { h: WHOLE });
});

it('two people who are one are restricted if either is', async () => {
  const [old, now] = [nhsNumber(5), nhsNumber(6)];
  await commit(put('i', old), put('j', now), patient(old, true));
  await bothShow(now, { j: WHOLE });
  await commit({ do: 'merge', nhs: old, into: now });
  await bothShow(now, { i: HIDDEN, j: HIDDEN });
  const [restricted, free] = [nhsNumber(7), nhsNumber(8)];
  await commit(put('k', free), put('l', restricted), patient(restricted, true));
  const sent = (await sentTo(TOPIC)).length;
  await commit({ do: 'merge', nhs: free, into: restricted });
  await bothShow(restricted, { k: HIDDEN, l: HIDDEN });
  // Nor does what ends the old keys tell of a place.
  expect((await sentTo(TOPIC)).slice(sent).map(sourceOf)).toEqual(
    ['MERGED', 'tombstone', 'moved'].map(() => `urn:ods:${SERVICE}`),
  );
});

it('who is known by a local identifier alone is in no edition while restricted, and then under the NHS number', async () => {
  const nhs = nhsNumber(9);
  await commit(put('m', null, { local: 'L9' }));
  const [record] = (await sentTo(TOPIC)).filter(
    ({ value }) => value?.['medicationStatementId'] === 'm',
  );
  const lastOf = async (topic: string) =>
    (await sentTo(topic)).filter(({ key }) => key === record!.key).at(-1)!.value;
  expect(await commit(patient(null, true, { local: 'L9' }))).toEqual(['accepted']);
  expect([await lastOf(TOPIC), await lastOf(SECONDARY)]).toEqual([null, null]);
  const sent = (await sentTo(TOPIC)).length;
  await commit(put('n', null, { local: 'L9' }));
  expect((await sentTo(TOPIC)).length).toBe(sent);
  await commit(put('o', nhs, { local: 'L9' }));
  await bothShow(nhs, { m: HIDDEN, n: HIDDEN, o: HIDDEN });
  await commit(patient(nhs, false));
  await bothShow(nhs, { m: WITH_LOCAL, n: WITH_LOCAL, o: WITH_LOCAL });
});

it('never shows where somebody restricted is, nor hides anybody else, whatever comes', async () => {
  const who = fc.record({
    nhs: fc.option(fc.nat(3).map((n) => nhsNumber(30 + n))),
    local: fc.option(fc.nat(3).map((n) => `R${n}`)),
  });
  const known = who.filter(({ nhs, local }) => nhs !== null || local !== null);
  const restriction = fc.option(
    fc.record({
      restricted: fc.boolean(),
      restrictedAt: fc.nat(8).map((n) => `2026-04-0${n + 1}T00:00:00Z`),
    }),
  );
  const step: fc.Arbitrary<Line> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.nat(5), fc.nat(2), known, restriction)
        .map(([id, text, person, said]) => ({
          ...put(`q${id}`, null),
          ...{ text: String(text), ...person, ...said },
        })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(5), known).map(([id, person]) => ({
        ...{ do: 'retract' as const, id: `q${id}`, keeper: PRACTICE, ...person },
      })),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(who, who).map(([from, into]) => ({
        ...{ do: 'merge' as const, ...from, into: into.nhs, intoLocal: into.local },
      })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(known, fc.boolean(), fc.option(fc.nat(8)))
        .map(([person, restricted, at]) => ({
          ...{ do: 'other' as const, ...person, restricted },
          ...(at !== null && { restrictedAt: `2026-04-0${at + 1}T00:00:00Z` }),
        })),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 6 }),
      async (batches) => {
        for (const lines of batches) await commit(...lines);
        const { pool } = domain.database;
        const { rows } = await pool.query<{ key: string; restricted: boolean; n: string }>(
          `SELECT r.person || '.' || r.record AS key, coalesce((p.restriction ->> 'restricted')::boolean, false) AS restricted
           FROM record r JOIN person p USING (person) WHERE r.revision > 0 AND NOT r.retracted`,
        );
        const merges = await pool.query<{ person: string; into: string }>(
          `SELECT m.person, m.into_person AS into FROM told_merge m JOIN person p ON p.person = m.survivor
           WHERE (p.restriction ->> 'restricted')::boolean`,
        );
        for (const topic of [TOPIC, SECONDARY] as const) {
          const all = await sentTo(topic);
          const last = new Map(all.map((one) => [one.key, one]));
          for (const { key, restricted } of rows) {
            const one = last.get(key);
            const value = one?.value ?? null;
            if (restricted && value === null) continue;
            expect([value?.['postcode'], one && sourceOf(one)]).toEqual(
              restricted ? [null, `urn:ods:${SERVICE}`] : [POSTCODE, `urn:ods:${PRACTICE}`],
            );
            expect(value!['gpPracticeOds']).toBe(restricted ? null : PRACTICE);
            if (restricted)
              expect([value!['nhsNumber'] === null, value!['localPatientIdIssuer']]).toEqual([
                ...[false, null],
              ]);
          }
          for (const { person, into } of merges.rows)
            for (const { key, value } of last.values())
              if (key.startsWith(`${person}.`) && value?.['survivorKey'] === into)
                expect([value['publisherOds'], value['localPatientIdIssuer']]).toEqual([
                  ...[SERVICE, null],
                ]);
          const revisions = new Map<string, number>();
          for (const { key, revision } of all) {
            expect(revision).toBeGreaterThan(revisions.get(key) ?? -1);
            revisions.set(key, revision);
          }
        }
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25) },
  );
});

it('whoever is named by an identifier of somebody with a number beside their own is restricted with all that is held of them', async () => {
  const nhs = nhsNumber(399);
  await commit(put('v1', nhs, { local: 'V2' }), put('v2', nhs));
  const line: Line = { do: 'other', local: 'V1', others: ['V2'] };
  expect(await commit({ ...line, restricted: true, restrictedAt: '2026-01-01T00:00:00Z' })).toEqual(
    ['accepted'],
  );
  expect(await shown(nhs)).toEqual({ v1: HIDDEN, v2: HIDDEN });
});
