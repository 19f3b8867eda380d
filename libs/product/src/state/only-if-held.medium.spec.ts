import { avroType } from '@caremesh/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { unpacked } from '../outbox/pack.js';
import type { OutboxRow } from '../outbox/pack.js';
import { splitWire } from '../registry/wire.js';
import { ARRIVAL, committingDomain, folder } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { readBody } from '../rig/read-body.js';

const KEY = Buffer.alloc(32, 9);
const type = avroType(JSON.parse(folder.schema) as object);
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

/** What was sent since a position: how each record changed, and the text it has now. */
async function told(since: string): Promise<string[]> {
  const found = await database.pool.query<OutboxRow>(
    `SELECT route, hash, body FROM outbox WHERE pos > $1 ORDER BY pos`,
    [since],
  );
  return found.rows
    .flatMap((row) => [...unpacked(row)])
    .map(({ body }) => {
      const { avro } = splitWire(readBody(body).value!)!;
      const { changeType, medicationText } = type.fromBuffer(avro) as Record<string, unknown>;
      return `${String(changeType)} ${String(medicationText)}`;
    });
}

async function position(): Promise<string> {
  const found = await database.pool.query<{ pos: string }>(
    `SELECT coalesce(max(pos), 0) AS pos FROM outbox`,
  );
  return found.rows[0]!.pos;
}

/** Commits a feed in batches; what became of each line. */
async function settled(batches: Line[][]): Promise<string[]> {
  const outcomes: string[] = [];
  for (const lines of batches) {
    for (const { outcome, errors } of await committer.commit({ items: lines.map(prepared) }))
      outcomes.push([outcome, ...errors.map(({ code }) => code)].join(' '));
  }
  return outcomes;
}

describe('what counts only for a record that is held', () => {
  it('is not used before the record came and after it was retracted, in one submission or several', async () => {
    const of = (more: Partial<Line>): Line => ({ do: 'put', nhs: nhsNumber(90), ...more });
    const lines: [Line, string][] = [
      [of({ id: 'h1', text: 'early', held: true }), 'notUsed MESH-2141'],
      [of({ do: 'retract', id: 'h1', held: true }), 'notUsed MESH-2141'],
      [of({ do: 'faulty', id: 'h1', held: true }), 'notUsed MESH-2141'],
      // Fails a check of the contract: of what is not held, even that is nothing to be told of.
      [of({ id: 'h1', nhs: nhsNumber(90).slice(1), held: true }), 'notUsed MESH-2141'],
      [of({ id: 'h1', text: 'first' }), 'accepted'],
      [of({ id: 'h1', text: 'second', held: true }), 'accepted'],
      [of({ id: 'h1', text: 'second', held: true }), 'unchanged'],
      [of({ do: 'faulty', id: 'h1', held: true }), 'quarantined MESH-2232'],
      [of({ id: 'h1', nhs: nhsNumber(90).slice(1), held: true }), 'quarantined MESH-2201'],
      [of({ do: 'retract', id: 'h1', held: true }), 'retracted'],
      [of({ id: 'h1', text: 'late', held: true }), 'notUsed MESH-2141'],
      [of({ do: 'faulty', id: 'h1', held: true }), 'notUsed MESH-2141'],
    ];
    for (const together of [true, false]) {
      const since = await position();
      const feed = lines.map(([line]) => ({ ...line, id: `${line.id}${String(together)}` }));
      const outcomes = await settled(together ? [feed] : feed.map((one) => [one]));
      expect(outcomes).toEqual(lines.map(([, expected]) => expected));
      expect(await told(since)).toEqual(['CREATED first', 'UPDATED second', 'RETRACTED null']);
    }
  });

  it('depends on nothing else, whatever the feed says', async () => {
    let run = 0;
    const line = fc.record({
      do: fc.constantFrom('put' as const, 'retract' as const, 'faulty' as const),
      id: fc.nat(2),
      text: fc.nat(2).map(String),
      held: fc.boolean(),
    });
    const feeds = fc.array(fc.array(line, { maxLength: 5 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(feeds, async (feed) => {
        run += 1;
        const batches = feed.map((lines) =>
          lines.map(({ held, id, ...rest }): Line => {
            const own = { ...rest, id: `m${run}.${id}`, nhs: nhsNumber(91) };
            return held ? { ...own, held } : own;
          }),
        );
        const texts = new Map<number, string | null>();
        expect(await settled(batches)).toEqual(feed.flat().map((one) => outcomeOf(texts, one)));
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25) },
    );
  });
});

/** What becomes of a line, given the texts of the records held before; null stands for one retracted. */
function outcomeOf(
  texts: Map<number, string | null>,
  { do: what, id, text, held }: { do: string; id: number; text: string; held: boolean },
): string {
  const before = texts.get(id);
  if (held && typeof before !== 'string') return 'notUsed MESH-2141';
  if (what === 'faulty') return 'quarantined MESH-2232';
  texts.set(id, what === 'retract' ? null : text);
  // A retraction of what never came is remembered.
  if (what === 'retract') return before === null ? 'unchanged' : 'retracted';
  return before === text ? 'unchanged' : 'accepted';
}
