import { afterAll, beforeAll, expect, it } from 'vitest';

import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { gp, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import type { Codec } from './codec.js';

const KEY = Buffer.alloc(32, 11);
let domain: CommittingDomain;
let database: CommittingDomain['database'];
let preparer: CommittingDomain['preparer'];
let committer: CommittingDomain['committer'];
let codec: Codec;

beforeAll(async () => {
  // A medicine is one by the first word of its text: what follows may be corrected.
  const medicine = (content: object) =>
    String((content as { medicationText?: string }).medicationText).split(' ')[0];
  const identifies = {
    place: 'ID',
    isSame: (held: object, incoming: object) => medicine(held) === medicine(incoming),
  };
  domain = await committingDomain(KEY, {
    product: { ...gp.products[0]!, identifies } as (typeof gp.products)[0],
  });
  ({ database, preparer, committer } = domain);
  codec = domain.running.live.codec;
});
afterAll(() => domain.close());

/** What becomes of each line, committed together or one after the other: outcome, and codes with their places. */
async function settled(lines: Line[], together: boolean): Promise<string[]> {
  const items = lines.map((line, index) =>
    preparer.prepare(
      {
        ...{ index, sourceId: null, raw: JSON.stringify(line), record: line, at: null },
        place: `line ${index + 2}`,
      },
      ARRIVAL,
    ),
  );
  const outcomes = [];
  for (const batch of together ? [items] : items.map((one) => [one]))
    outcomes.push(...(await committer.commit({ items: batch })));
  return outcomes.map(({ outcome, errors }) =>
    [
      outcome,
      ...errors.map(
        ({ code, path, message }) => `${code} ${path}${/ \(.*\)$/.exec(message)?.[0] ?? ''}`,
      ),
    ].join(' '),
  );
}

const MARCH = '2026-03-31T00:00:00Z';
const JUNE = '2026-06-30T00:00:00Z';
const [ANN, BEN] = [nhsNumber(95), nhsNumber(96)];
const REUSED = (line: number) => `quarantined MESH-2650 ID (line ${line})`;

it.each<[string, [Partial<Line>, (line: number) => string][], string]>([
  [
    'somebody else of the same time is refused, whoever comes again',
    [
      [{ nhs: ANN, text: 'iron' }, () => 'accepted'],
      [{ nhs: BEN, text: 'iron' }, REUSED],
      [{ nhs: ANN, text: 'iron tablets' }, () => 'accepted'],
      [{ nhs: BEN, text: 'iron' }, REUSED],
    ],
    `${ANN} iron tablets`,
  ],
  [
    'something else of the same person is refused, with a time or without',
    [
      [{ nhs: ANN, text: 'iron' }, () => 'accepted'],
      [{ nhs: ANN, text: 'zinc' }, REUSED],
      [{ nhs: ANN, text: 'zinc', at: null }, REUSED],
    ],
    `${ANN} iron`,
  ],
  [
    'of a later time it corrects what was said, and the former is out of date',
    [
      [{ nhs: ANN, text: 'iron' }, () => 'accepted'],
      [{ nhs: BEN, text: 'zinc', at: JUNE }, () => 'accepted'],
      [{ nhs: ANN, text: 'iron' }, () => 'unchanged'],
    ],
    `${BEN} zinc`,
  ],
  [
    'a local identifier whose NHS number becomes known, or is corrected, is the same person',
    [
      [{ local: 'L', text: 'iron' }, () => 'accepted'],
      [{ local: 'L', nhs: ANN, text: 'iron' }, () => 'accepted'],
      [{ local: 'L', nhs: BEN, text: 'iron' }, () => 'accepted'],
      [{ local: 'M', text: 'iron' }, REUSED],
    ],
    `${BEN} iron`,
  ],
  [
    'also when another record told of the corrected number first',
    [
      [{ local: 'C', nhs: ANN, text: 'iron' }, () => 'accepted'],
      [{ id: 'other', local: 'C', nhs: ANN, text: 'iron' }, () => 'accepted'],
      [{ id: 'other', local: 'C', nhs: BEN, text: 'iron' }, () => 'accepted'],
      [{ local: 'C', nhs: BEN, text: 'iron' }, () => 'accepted'],
    ],
    `${BEN} iron`,
  ],
  [
    'so are people who were merged',
    [
      [{ local: 'S', text: 'iron' }, () => 'accepted'],
      [{ do: 'merge', local: 'S', into: nhsNumber(97) }, () => 'accepted'],
      [{ local: 'S', text: 'iron tablets' }, () => 'accepted'],
      [{ nhs: nhsNumber(97), text: 'iron syrup' }, () => 'accepted'],
    ],
    `${nhsNumber(97)} iron syrup`,
  ],
  [
    'of what was retracted nothing is left that could be another',
    [
      [{ nhs: ANN, text: 'iron' }, () => 'accepted'],
      [{ do: 'retract', nhs: ANN }, () => 'retracted'],
      [{ nhs: BEN, text: 'zinc' }, () => 'accepted'],
    ],
    `${BEN} zinc`,
  ],
])('an identifier given twice: %s', async (name, said, last) => {
  for (const together of [true, false]) {
    const own = `${name.slice(0, 12)} ${String(together)}`;
    const lines = said.map(([more]): Line => ({
      ...{ do: 'put', id: own, at: MARCH },
      ...more,
      ...(more.id && { id: `${more.id} ${own}` }),
      ...(more.local && { local: `${more.local} ${own}` }),
    }));
    expect(await settled(lines, together)).toEqual(said.map(([, expected], i) => expected(i + 2)));
    expect(await held(own)).toBe(last);
  }
});

/** Whose the record is under an identifier of the feed, and its text. */
async function held(id: string): Promise<string> {
  const found = await database.pool.query<{ content: Buffer }>(
    `SELECT content FROM record WHERE NOT retracted`,
  );
  const mine = found.rows
    .map(({ content }) => codec.content(content))
    .filter((one) => one['medicationStatementId'] === id);
  return mine.map((one) => `${String(one['nhsNumber'])} ${String(one['medicationText'])}`).join();
}
