import { afterAll, beforeAll, expect, it } from 'vitest';

import type { OwnChoice } from '../choices/held.js';
import { Preparer } from '../intake/prepare.js';
import { endOf } from '../retention/keep-retention.js';
import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { gp, nhsNumber, ODS, SERVICE } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { sentTo } from '../rig/sent-to.js';
import type { Sent } from '../rig/sent-to.js';
import { SECONDARY, TOPIC } from '../rig/small-mesh.js';
import { ToldMerge1795321000001 } from '../migrations/told-merge.js';

/** What stays said of a merge once the person it names chose, or is restricted: it is of their record as well. */
const KEY = Buffer.alloc(32, 6);
let domain: CommittingDomain;
let choices: Preparer;

beforeAll(async () => {
  domain = await committingDomain(KEY);
  choices = new Preparer(KEY, [domain.running], 'choices');
});
afterAll(() => domain.close());

type Said = { who: number; choice: OwnChoice; objects: boolean; at: number };
let index = 0;

async function* itemsOf(line: Line) {
  const body = (async function* () {
    yield Buffer.from(JSON.stringify(line));
  })();
  const source = gp.sources.find(({ name }) => name === 'feed')!;
  for await (const item of source.read({ contentType: '', body, environment: 'test' }))
    yield domain.preparer.prepare({ ...item, index: index++ }, ARRIVAL);
}

/** Commits lines of the feed and what people say about their records as one batch. */
async function commit(...steps: (Line | Said)[]): Promise<string[]> {
  const items = [];
  for (const step of steps) {
    if ('do' in step) for await (const item of itemsOf(step)) items.push(item);
    else {
      const { who, ...said } = step;
      const person = { nhsNumber: nhsNumber(who), nhsNumberStatus: '01', local: null };
      const record = { ...said, person, id: `${said.at}` };
      const head = { index: index++, sourceId: null, raw: `${index} ${JSON.stringify(step)}` };
      items.push(choices.prepare({ ...head, record, at: null }, ARRIVAL));
    }
  }
  return (await domain.committer.commit({ items })).map(({ outcome }) => outcome);
}

const put = (id: string, who: number, local: string | null = null): Line => ({
  ...{ do: 'put', id, nhs: nhsNumber(who), local },
});
const merge = (from: number, into: number): Line => ({
  ...{ do: 'merge', nhs: nhsNumber(from), into: nhsNumber(into) },
});
const says = (who: number, choice: OwnChoice, objects: boolean, at: number): Said => ({
  ...{ who, choice, objects, at },
});

/** The NHS numbers of these people that a new reader of a topic finds, with what is said under each. */
async function found(topic: string, ...people: number[]): Promise<string[]> {
  const last = new Map((await sentTo(domain.database, topic)).map((one) => [one.key, one]));
  const numbers = people.map(nhsNumber);
  return [...last.values()]
    .flatMap(({ value }) => {
      const at = numbers.indexOf(value?.['nhsNumber'] as string);
      return at < 0 ? [] : [`${people[at]} ${value!['changeType']}`];
    })
    .sort();
}

it('a merge ends in the product topic when the survivor dissents, in the secondary edition by a Type 1 opt-out, and is told again', async () => {
  await commit(put('a', 1), put('b', 2), merge(1, 2));
  const all = ['1 MERGED', '2 CREATED', '2 UPDATED'];
  expect([await found(TOPIC, 1, 2), await found(SECONDARY, 1, 2)]).toEqual([all, all]);
  await commit(says(2, 'dissent', true, 10));
  expect([await found(TOPIC, 1, 2), await found(SECONDARY, 1, 2)]).toEqual([[], all]);
  await commit(says(2, 'type-1', true, 10));
  expect(await found(SECONDARY, 1, 2)).toEqual([]);
  await commit(says(2, 'dissent', false, 11), says(2, 'type-1', false, 11));
  const again = ['1 MERGED', '2 UPDATED', '2 UPDATED'];
  expect([await found(TOPIC, 1, 2), await found(SECONDARY, 1, 2)]).toEqual([again, again]);
});

it('so it is at the end of a chain, whether the last merge or the choice comes first, in one batch or in several', async () => {
  await commit(put('c', 3), put('d', 4), merge(3, 4));
  await commit(put('e', 5), merge(4, 5));
  expect(await found(TOPIC, 3, 4)).toEqual(['3 MERGED', '4 MERGED']);
  await commit(says(5, 'dissent', true, 10));
  expect(await found(TOPIC, 3, 4, 5)).toEqual([]);
  await commit(put('f', 6), put('g', 7), put('h', 8), says(8, 'dissent', true, 10));
  await commit(merge(6, 7));
  expect(await found(TOPIC, 6, 7)).toEqual(['6 MERGED', '7 CREATED', '7 UPDATED']);
  await commit(merge(7, 8));
  expect(await found(TOPIC, 6, 7, 8)).toEqual([]);
  // Of those who were left out when they were merged nothing was said; of a survivor who comes back it is.
  await commit(says(8, 'dissent', false, 11));
  expect(await found(TOPIC, 6, 7)).toEqual(['6 MERGED', '7 MERGED']);
  await commit(put('i', 9), put('j', 10), merge(9, 10), says(10, 'type-1', true, 10));
  expect(await found(SECONDARY, 9, 10)).toEqual([]);
});

it('two batches under way know of each other’s merges', async () => {
  await commit(put('k', 11), put('l', 12), put('m', 13));
  await Promise.all([
    commit(merge(11, 12)),
    commit(merge(12, 13)),
    commit(says(13, 'dissent', true, 10)),
  ]);
  expect(await found(TOPIC, 11, 12, 13)).toEqual([]);
  expect(await found(SECONDARY, 11, 12)).toEqual(['11 MERGED', '12 MERGED']);
});

it('a merge names no issuer once its survivor is restricted, and tells again when they no longer are', async () => {
  await commit(put('n', 14, 'L14'), put('o', 15), merge(14, 15));
  const told = async (): Promise<Sent> =>
    (await sentTo(domain.database, TOPIC)).findLast(
      ({ value }) => value?.['changeType'] === 'MERGED' && value['nhsNumber'] === nhsNumber(14),
    )!;
  const shown = async () => {
    const { headers, value } = await told();
    return [headers.get('ce_source'), value!['publisherOds'], value!['localPatientIdIssuer']];
  };
  expect(await shown()).toEqual([`urn:ods:${ODS}`, ODS, ODS]);
  const restricts = (restricted: boolean): Line => ({
    ...{ do: 'other', nhs: nhsNumber(15), restricted },
  });
  const { revision } = await told();
  await commit(restricts(true));
  expect(await shown()).toEqual([`urn:ods:${SERVICE}`, SERVICE, null]);
  expect((await told()).revision).toBeGreaterThan(revision);
  await commit(restricts(false));
  expect(await shown()).toEqual([`urn:ods:${ODS}`, ODS, ODS]);
});

it('a merge ends with the last record of its survivor, and what is kept of it names nobody', async () => {
  await commit(put('u', 21), put('v', 22), merge(21, 22));
  const { pool } = domain.database;
  const { rows } = await pool.query<{ record: string; revision: number }>(
    `SELECT record, r.revision FROM record r JOIN told_merge m ON m.survivor = r.person
     WHERE m.ref ->> 'nhsNumber' = $1 ORDER BY record`,
    [nhsNumber(21)],
  );
  expect(rows).toHaveLength(2);
  for (const [at, row] of rows.entries()) {
    await domain.committer.commit({ items: [endOf(domain.running.live, [row])] });
    const left = at === 0 ? ['21 MERGED'] : [];
    expect([await found(TOPIC, 21), await found(SECONDARY, 21)]).toEqual([left, left]);
  }
  expect(await found(TOPIC, 22)).toEqual([]);
  const { rowCount } = await pool.query(`SELECT FROM told_merge WHERE ref ->> 'nhsNumber' = $1`, [
    nhsNumber(21),
  ]);
  expect(rowCount).toBe(0);
});

it('one told before merges were held can be ended, and is not told again', async () => {
  await commit(put('p', 16), put('q', 17), put('r', 18), merge(16, 17));
  await commit(merge(17, 18), put('s', 19, 'L19'), put('t', 20), merge(19, 20));
  const migration = new ToldMerge1795321000001();
  const runner = domain.database.dataSource.createQueryRunner();
  await migration.down(runner);
  await migration.up(runner);
  await runner.release();
  await commit(says(18, 'dissent', true, 10));
  expect(await found(TOPIC, 16, 17, 18)).toEqual([]);
  await commit(says(18, 'dissent', false, 11));
  expect(await found(TOPIC, 16, 17)).toEqual([]);
  expect(await found(SECONDARY, 19)).toEqual(['19 MERGED']);
  await commit({ do: 'other', nhs: nhsNumber(20), restricted: true });
  expect([await found(TOPIC, 19), await found(SECONDARY, 19)]).toEqual([[], []]);
});
