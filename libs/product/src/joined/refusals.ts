import { createHash } from 'node:crypto';

import type { Statement } from '@caremesh/platform';
import type { Pool } from 'pg';

import type { ItemOutcome } from '../define/source.js';
import type { Fault } from '../errors.js';
import type { Prepared } from '../intake/prepare.js';
import { byteaArray, plainArray } from '../outbox/arrays.js';
import { isOlder } from '../state/apply.js';
import type { IncomingRow, MarkedRoot, WrittenRow } from './part-store.js';

type EntryRow = { id: string; landing: Buffer; sha256: string; state: string; errors: Fault[] };

/** What stands in quarantine of the rows of joined sources: each refusal stays the one entry that it is. */
export class Refusals {
  constructor(private readonly pool: Pool) {}

  /**
   * Roots that are refused when they are mapped, with the entries that they stand under: the open one, or one that was put away when
   * they were the same and wrong in the same way.
   */
  async ofRoots(items: Prepared[]): Promise<Prepared[]> {
    const refused = items.filter(({ refusal, entry }) => refusal !== null && entry === undefined);
    if (refused.length === 0) return items;
    const entries = await this.#find(
      'joined-refused-roots',
      ['open', 'discarded'].map((state) => `state = '${state}' AND step <> 'read'`),
      refused.flatMap(({ joinedRoot }) => joinedRoot ?? []),
    );
    return items.map((item) => {
      if (item.refusal === null || item.entry !== undefined || !item.joinedRoot) return item;
      const own = entries.get(hex(item.joinedRoot)) ?? [];
      const found =
        own.find(({ state }) => state === 'open') ?? own.find((entry) => isAsPutAway(item, entry));
      return found ? { ...item, entry: found.id } : item;
    });
  }

  /** Rows that cannot be read, with the open entries under which the same bytes stand. */
  async ofRows(items: Prepared[]): Promise<Prepared[]> {
    const known = items.flatMap(({ joinedRow }) => joinedRow?.key ?? []);
    if (known.length === 0) return items;
    const entries = await this.#find(
      'joined-refused-rows',
      [`state = 'open' AND step = 'read'`],
      known,
    );
    return items.map((item) => {
      const own = item.joinedRow && entries.get(hex(item.joinedRow.key));
      const sha256 = own && sha256Of(item);
      const found = own?.find((entry) => entry.sha256 === sha256);
      return found ? { ...item, entry: found.id } : item;
    });
  }

  async isOpen(entry: string): Promise<boolean> {
    const found = await this.pool.query(
      `SELECT 1 FROM quarantine WHERE id = $1 AND state = 'open'`,
      [entry],
    );
    return found.rows.length > 0;
  }

  /** Entries by what they are of, the oldest first; each condition has an index of its own. */
  async #find(
    name: string,
    conditions: readonly string[],
    keys: readonly Buffer[],
  ): Promise<Map<string, EntryRow[]>> {
    const each = conditions.map(
      (condition) => `SELECT n, id, landing, sha256, state, errors FROM quarantine
        WHERE ${condition} AND landing IS NOT NULL AND landing = ANY($1::bytea[])`,
    );
    const found = await this.pool.query<EntryRow>({
      name,
      text: `${each.join(' UNION ALL ')} ORDER BY n`,
      values: [byteaArray(keys)],
    });
    return Map.groupBy(found.rows, ({ landing }) => hex(landing));
  }
}

const hex = (key: Buffer): string => key.toString('hex');

const isAsPutAway = (item: Prepared, { sha256, errors }: EntryRow): boolean =>
  sha256 === sha256Of(item) && faultsOf(errors) === faultsOf(item.refusal?.errors ?? []);

const faultsOf = (errors: readonly Fault[]): string =>
  JSON.stringify(errors.map(({ code, path }) => [code, path]));

/** As quarantine has it: of an item's bytes behind those that must stand before them. */
const sha256Of = ({ preamble, raw }: Prepared): string =>
  createHash('sha256').update(preamble).update(raw).digest('hex');

/** What was refused further down in the file than the row of its key that is stored: the later one counts, unless it is of an earlier return. */
export function laterThan(
  rows: readonly WrittenRow[],
  items: readonly Prepared[],
  outcomes: readonly ItemOutcome[],
): string[] {
  if (!items.some(({ joinedRow }) => joinedRow)) return [];
  const stored = new Map(rows.map((row) => [row.key.toString('hex'), row]));
  return items.flatMap(({ joinedRow, index }, i) => {
    const row = joinedRow && stored.get(joinedRow.key.toString('hex'));
    const id = outcomes[i]?.quarantineId;
    return row && index > row.item && !isOlder(joinedRow.at, row.at) && id ? [id] : [];
  });
}

/**
 * Refusals of rows that have come now as they should be, of the same return or a later one, are no longer open.
 */
export function taken(
  rows: readonly Pick<IncomingRow, 'key' | 'at'>[],
  except: readonly string[] = [],
): Statement {
  return {
    name: 'joined-taken',
    text: `UPDATE quarantine SET state = 'resolved', state_at = now()
           WHERE state = 'open' AND id = ANY(ARRAY(
             SELECT q.id FROM unnest($1::bytea[], $2::int8[]) AS u(key, at)
             JOIN quarantine q ON q.landing = u.key AND q.state = 'open' AND q.landing IS NOT NULL
             WHERE q.step = 'read' AND (q.landing_at IS NULL OR u.at IS NULL OR u.at >= q.landing_at)
               AND q.id <> ALL($3::text[])))`,
    values: [
      byteaArray(rows.map(({ key }) => key)),
      plainArray(rows.map(({ at }) => at)),
      plainArray(except),
    ],
  };
}

/** Earlier refusals of a root that is fine now are no longer open; those of rows that could not be read are, until they come. */
export function resolved(settled: readonly [MarkedRoot, ItemOutcome][]): Statement[] {
  const keys = settled
    .filter(([, { outcome }]) => outcome !== 'quarantined' && outcome !== 'held')
    .map(([root]) => root.key);
  if (keys.length === 0) return [];
  return [
    {
      name: 'joined-resolved',
      text: `UPDATE quarantine SET state = 'resolved', state_at = now()
             WHERE state = 'open' AND step <> 'read' AND landing IS NOT NULL AND landing = ANY($1::bytea[])`,
      values: [byteaArray(keys)],
    },
  ];
}
