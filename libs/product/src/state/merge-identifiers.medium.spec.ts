import { keys } from '@caremesh/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber, ODS } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';

const KEY = Buffer.alloc(32, 8);
let domain: CommittingDomain;
let database: CommittingDomain['database'];
let preparer: CommittingDomain['preparer'];
let committer: CommittingDomain['committer'];

beforeAll(async () => {
  domain = await committingDomain(KEY);
  ({ database, preparer, committer } = domain);
});
afterAll(() => domain.close());

let index = 0;
const prepared = (line: Line) =>
  preparer.prepare(
    { index: index++, sourceId: null, raw: JSON.stringify(line), record: line, at: null },
    ARRIVAL,
  );

type Who = { nhsNumber: string } | { issuer: string; localId: string };

/** Commits each list together; under whom each record of a feed is held then, by person. */
async function held(people: Record<string, Who>, ...batches: Line[][]) {
  for (const lines of batches) {
    for (const { outcome } of await committer.commit({ items: lines.map(prepared) }))
      expect(outcome).toBe('accepted');
  }
  const names = new Map(
    Object.entries(people).map(([name, who]) => [keys.personKey(KEY, who), name]),
  );
  const { rows } = await database.pool.query<{ person: string }>(
    `SELECT person FROM record WHERE person = ANY($1::text[]) AND revision > 0`,
    [[...names.keys()]],
  );
  return rows.map(({ person }) => names.get(person)!).sort((a, b) => a.localeCompare(b));
}
const by = (localId: string): Who => ({ issuer: ODS, localId });
const numbered = (n: number): Who => ({ nhsNumber: nhsNumber(n) });
const put = (id: string, local: string | null, nhs: number | null = null): Line => ({
  ...{ do: 'put', id, local, nhs: nhs === null ? null : nhsNumber(nhs) },
});

it('a merge moves what is held of the one who ends under the local identifier alone', async () => {
  const merge: Line = { do: 'merge', nhs: nhsNumber(84), local: 'Y4', into: nhsNumber(85) };
  const people = { Y4: by('Y4'), N4: numbered(84), N5: numbered(85) };
  expect(await held(people, [put('m1', 'Y4')], [merge], [put('m2', 'Y4')])).toEqual([
    ...['N5', 'N5'],
  ]);
});

it('a merge moves what is held of the survivor under the local identifier alone', async () => {
  const merge: Line = { do: 'merge', local: 'Z6', into: nhsNumber(87), intoLocal: 'Y6' };
  const people = { Y6: by('Y6'), Z6: by('Z6'), N7: numbered(87) };
  const lines = [put('m3', 'Y6'), put('m4', 'Z6')];
  expect(await held(people, lines, [merge], [put('m5', 'Y6')])).toEqual(['N7', 'N7', 'N7']);
});

it('a merge is remembered for each of them where nobody is held', async () => {
  const two = { nhs: nhsNumber(88), local: 'Y2', into: nhsNumber(89), intoLocal: 'X3' };
  const people = { Y2: by('Y2'), X3: by('X3'), N2: numbered(88), N3: numbered(89) };
  const after = [put('m6', 'Y2'), put('m7', 'X3'), put('m8', null, 88)];
  expect(await held(people, [{ do: 'merge', ...two }], after)).toEqual(['N3', 'N3', 'N3']);
});

it('a merge moves what is held under each further identifier', async () => {
  const merge: Line = { do: 'merge', local: 'S8', others: ['S9'], intoLocal: 'S7' };
  const people = { S7: by('S7'), S8: by('S8'), S9: by('S9') };
  const lines = [put('m9', 'S8'), put('m10', 'S9')];
  expect(await held(people, lines, [merge])).toEqual(['S7', 'S7']);
});

it('a merge takes over an identifier of somebody with another number, but none of their records', async () => {
  const merge: Line = { do: 'merge', nhs: nhsNumber(91), local: 'T1', into: nhsNumber(92) };
  const people = { N0: numbered(90), N1: numbered(91), N2: numbered(92) };
  const lines = [put('m11', 'T1', 90), put('m12', null, 91)];
  expect(await held(people, lines, [merge], [put('m13', 'T1')])).toEqual(['N0', 'N2', 'N2']);
});

it('a merge finds all of a person whose identifier was told in the same batch', async () => {
  const lines = [put('m15', 'T2', 93), { do: 'merge' as const, local: 'T2', into: nhsNumber(94) }];
  const people = { N3: numbered(93), N4: numbered(94) };
  expect(await held(people, [put('m14', null, 93)], lines)).toEqual(['N4', 'N4']);
});
