import { IN_EVERY_VIEW } from '@caremesh/contract';
import type { Change, DataContract } from '@caremesh/contract';
import type { EntityManager } from 'typeorm';
import { LIVE_STATES, isOneOf } from '../grants/lifecycle.js';
import type { TouchingChange } from './proposal.entity.js';

/** A grant as far as a change may touch it: what of the product it reads, for what, and in which form. */
export type Reader = {
  id: string;
  organisation: string;
  purpose: string;
  kind: 'individual-care' | 'view';
  fields: readonly string[];
};

/** What only views see: individual care reads the record as it is published. */
const OF_VIEWS: ReadonlySet<string> = new Set([
  'classification',
  'treatment-loosened',
  'treatment-tightened',
]);

/**
 * Each change with the grants that would notice it. One statement by the index on product and major, whatever the
 * number of grants; of what a grant reads, only the fields that change leave the database, as one JSON: rows of whole
 * lists took longer to read here than everything else together.
 */
export async function touching(
  em: EntityManager,
  contract: DataContract,
  changes: readonly Change[],
): Promise<TouchingChange[]> {
  const felt = changes.filter((change) => change.class !== 'safe');
  if (felt.length === 0) return touchedBy(changes, []);
  const [row] = await em.query<{ readers: Reader[] | null }[]>(
    `SELECT json_agg(json_build_object('id', g.id, 'organisation', g.organisation, 'purpose', g.purpose, 'kind', g.kind,
              'fields', ARRAY(SELECT f FROM unnest(p.fields) f WHERE f = ANY($3))) ORDER BY g.id) AS readers
       FROM grant_product p JOIN access_grant g ON g.id = p.grant_id
      WHERE p.product = $1 AND p.major <= $2 AND ${isOneOf('g.state', LIVE_STATES)}`,
    [contract.product, contract.major, [...new Set(felt.map(({ path }) => topOf(path)))]],
  );
  return touchedBy(changes, row?.readers ?? []);
}

/** As `touching`, with the readers given. Pure. */
export function touchedBy(
  changes: readonly Change[],
  readers: readonly Reader[],
): TouchingChange[] {
  const readersOf = byField(readers);
  return changes.map((change) => {
    if (change.class === 'safe') return { ...change, grants: [] };
    const field = topOf(change.path);
    const isOfAll = !isField(change.path) || IN_EVERY_VIEW.includes(field);
    const concerned = isOfAll
      ? readers
      : [...(readersOf.get(field) ?? []), ...wholeReaders(readers, field)].sort(byId);
    const grants = concerned
      .filter((reader) => notices(reader, change))
      .map(({ id, organisation }) => ({ id, organisation }));
    return { ...change, grants };
  });
}

/** The changes that one reader would notice, and what is safe too where it is about what they read: to be told in words. Pure. */
export function noticedBy<One extends Change>(changes: readonly One[], reader: Reader): One[] {
  const felt = changes.map((change) => ({ ...change, class: 'visible' as const }));
  const touched = touchedBy(felt, [reader]);
  return changes.filter((_, at) => (touched[at]?.grants.length ?? 0) > 0);
}

function notices({ purpose, kind }: Reader, change: Change): boolean {
  if (change.purpose !== undefined && change.purpose !== purpose) return false;
  return kind === 'view' || !OF_VIEWS.has(change.kind ?? '');
}

/** `$…` is about the product as a whole; everything else that is not safe is about a field. */
const isField = (path: string) => !path.startsWith('$');

/** Individual care reads every field, also those that came after it was granted. */
function wholeReaders(readers: readonly Reader[], field: string): Reader[] {
  return readers.filter((one) => one.kind === 'individual-care' && !one.fields.includes(field));
}

function byField(readers: readonly Reader[]): Map<string, Reader[]> {
  const found = new Map<string, Reader[]>();
  for (const reader of readers) {
    for (const field of reader.fields) {
      const list = found.get(field);
      if (list) list.push(reader);
      else found.set(field, [reader]);
    }
  }
  return found;
}

const byId = (a: Reader, b: Reader) => (a.id < b.id ? -1 : Number(a.id > b.id));

/** The top-level field of a path; a grant is of whole fields. */
function topOf(path: string): string {
  return /^[^.[{]+/.exec(path)?.[0] ?? path;
}
