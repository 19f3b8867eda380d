import type { Statement } from '@caremesh/platform';

import { byteaArray, plainArray } from '../outbox/arrays.js';

const MARKED_AT_ONCE = 500;

/**
 * Takes marks away that are as they were read; fails with 40001 if one is not. Each is looked up by itself: the table is empty
 * again and again, and a plan made when it was would compare all marks with all that are named (28 batches took 10 s in place of 2).
 */
export const UNMARK = {
  name: 'joined-unmark',
  // A row that is marked anew meanwhile has a number that was not given before, so none of those named.
  text: `WITH mine AS (
    SELECT held.ctid AS place FROM unnest($1::int8[]) AS u(mark)
    CROSS JOIN LATERAL (
      SELECT ctid FROM part_mark m WHERE m.source = $2 AND m.mark = u.mark OFFSET 0) AS held),
  w AS (
    DELETE FROM part_mark WHERE ctid = ANY(ARRAY(SELECT place FROM mine)) AND mark = ANY($1::int8[])
    RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::int8[]))`,
};

export const RENEW = {
  name: 'joined-renew',
  text: `UPDATE part_row SET kept_from = now() WHERE key = ANY($1::bytea[])`,
};
/** Roots that were stated anew and changed nothing: each is as old as the youngest record made of it. */
export const AS_OLD_AS_RECORD = {
  name: 'joined-as-old-as-record',
  text: `UPDATE part_row p SET kept_from = made.kept_from FROM (
           SELECT u.key, max(r.kept_from) AS kept_from FROM unnest($1::bytea[], $2::text[]) AS u(key, record)
           JOIN record r ON r.record = u.record GROUP BY u.key) AS made
         WHERE p.key = made.key AND p.kept_from > made.kept_from`,
};

/** What a mark says of its root, so that roots are mapped without looking each up in a table of all that was ever landed. */
const MARKED = 'key, parent, digest, receipt, item, source_id, at, held';
const MARKED_ANEW = `ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, parent = excluded.parent, digest = excluded.digest,
     receipt = excluded.receipt, item = excluded.item, source_id = excluded.source_id, at = excluded.at, held = excluded.held`;

const columns = (table: string): string =>
  MARKED.split(', ')
    .map((name) => `${table}.${name}`)
    .join(', ');
/** Whether the row `u.key` is a root that stands refused in quarantine: as such it could be read. */
const REFUSED = `EXISTS (SELECT FROM quarantine q
  WHERE q.landing = u.key AND q.landing IS NOT NULL AND q.state = 'open' AND q.step <> 'read' OFFSET 0)`;

/** Marks the rows that a condition names, with numbers in the order of their file; one marked already is marked anew. */
export const markWhere = (condition: string): string =>
  `INSERT INTO part_mark (mark, source, ${MARKED})
   SELECT nextval('part_mark_number'), source, ${MARKED} FROM (
     SELECT source, ${MARKED} FROM part_row WHERE ${condition} ORDER BY item) AS concerned
   ${MARKED_ANEW}`;

const writing = (onConflict: string): string => `WITH stored AS (
    INSERT INTO part_row (key, source, part, parent, digest, at, held, receipt, item, source_id, sealed)
    SELECT u.key, $2, u.part, u.parent, u.digest, u.at, false, $10, u.item, u.source_id, u.sealed
    FROM unnest($1::bytea[], $3::text[], $4::bytea[], $5::bytea[], $6::int8[], $7::int4[], $8::text[], $9::bytea[])
      AS u(key, part, parent, digest, at, item, source_id, sealed)
    ON CONFLICT ${onConflict}
    RETURNING part, ${MARKED}),
  marked AS (
    INSERT INTO part_mark (mark, source, ${MARKED})
    SELECT nextval('part_mark_number'), $2, ${MARKED} FROM (
      SELECT ${MARKED} FROM stored WHERE part = $11 ORDER BY item) AS roots
    ${MARKED_ANEW})
  SELECT key FROM stored`;
export const NEW_ROWS = { name: 'joined-new-rows', text: writing('DO NOTHING') };
/** What changed, unless it was true earlier than what is stored. */
export const CHANGED_ROWS = {
  name: 'joined-changed-rows',
  text: writing(`(key) DO UPDATE SET parent = excluded.parent, digest = excluded.digest, at = excluded.at,
      receipt = excluded.receipt, item = excluded.item, source_id = excluded.source_id,
      sealed = excluded.sealed, kept_from = now()
    WHERE part_row.digest <> excluded.digest
      AND (part_row.at IS NULL OR excluded.at IS NULL OR excluded.at >= part_row.at)`),
};
/** Whether what is stored of the row `u.key`, as `r`, was refused as it is and put away. A digest is the first half of an SHA-256. */
const PUT_AWAY = `EXISTS (SELECT FROM quarantine q
  WHERE q.landing = u.key AND q.landing IS NOT NULL AND q.state = 'discarded' AND q.step <> 'read'
    AND left(q.sha256, 32) = encode(r.digest, 'hex') OFFSET 0)`;

/** Whether a root that the row `r` belongs to, or that belongs to it, stands refused for what is wrong in a row of its table. */
const COST_ITS_ROOT = `EXISTS (
    WITH RECURSIVE below(key) AS (
      SELECT r.key UNION SELECT c.key FROM part_row c JOIN below b ON c.parent = b.key)
    SELECT FROM (SELECT key FROM below UNION SELECT r.parent) AS concerned(key)
    JOIN quarantine q ON q.landing = concerned.key
    WHERE q.landing IS NOT NULL AND q.state = 'open' AND q.step <> 'read'
      AND EXISTS (SELECT FROM jsonb_array_elements(q.errors) e WHERE e->>'path' LIKE r.part || '.%'))`;

/**
 * What is stored of rows that were stored before; and whether what comes now was said before, of the same return, and corrected since.
 * Of a row whose correction was refused, or cost its root, it was not: what was right before it may come back.
 */
export const BEFORE = {
  name: 'joined-before',
  text: `SELECT r.key, r.parent, r.held, r.digest, r.at, CASE
           WHEN r.digest <> u.digest
             AND EXISTS (SELECT FROM part_former f WHERE f.key = u.key AND f.digest = u.digest AND f.at = u.at OFFSET 0)
           THEN NOT ${REFUSED} AND NOT ${PUT_AWAY} AND NOT ${COST_ITS_ROOT}
           ELSE false END AS former
         FROM unnest($1::bytea[], $2::bytea[], $3::int8[]) AS u(key, digest, at)
         JOIN part_row r ON r.key = u.key`,
};
/**
 * Roots that come again as they were, and wait or stand refused: they are of this submission now, and marked, so that what they are
 * answered is what becomes of them.
 */
export const COME_AGAIN = {
  name: 'joined-come-again',
  text: `WITH again AS (
    UPDATE part_row r SET receipt = $2, item = u.item, source_id = u.source_id
    FROM unnest($1::bytea[], $3::int4[], $4::text[]) AS u(key, item, source_id)
    WHERE r.key = u.key AND (r.held OR ${REFUSED})
    RETURNING r.source, ${columns('r')}),
  marked AS (
    INSERT INTO part_mark (mark, source, ${MARKED})
    SELECT nextval('part_mark_number'), source, ${MARKED} FROM (SELECT * FROM again ORDER BY item) AS roots
    ${MARKED_ANEW})
  SELECT key FROM again`,
};
/**
 * Marked roots in their order, behind a mark. Those of submissions under way (`$3`) are left to them, and so are those of stored ones
 * that are not worked through yet but for the one that asks (`$4`): taken by another, their outcomes would be told nobody.
 */
export const MARKED_ROOTS = {
  name: 'joined-marked',
  rowMode: 'array' as const,
  text: `SELECT ${columns('m')}, m.mark FROM part_mark m
         WHERE m.source = $1 AND m.mark > $2 AND (m.receipt IS NULL OR (m.receipt <> ALL($3::text[])
           AND m.receipt <> ALL(ARRAY(
             SELECT s.receipt FROM submission s WHERE s.state = 'waiting' AND s.source = $1 AND s.receipt <> $4))))
         ORDER BY m.mark LIMIT ${MARKED_AT_ONCE}`,
};
export const MARK_PARENTS = {
  name: 'joined-mark-parents',
  text: markWhere(`key = ANY($1::bytea[]) AND part = $2`),
};

/** Marks roots below changed rows: their children's children as often as the distance says. */
export function markBelow(distance: number): { name: string; text: string } {
  let below = `$1::bytea[]`;
  for (let i = 0; i < distance; i++)
    below = `ARRAY(SELECT key FROM part_row WHERE parent = ANY(${below}))`;
  return {
    name: `joined-mark-below-${distance}`,
    text: markWhere(`parent = ANY(${below}) AND part = $2`),
  };
}

/** Roots that are held from now on, or no longer. */
export function holding(roots: readonly { key: Buffer; joined: unknown }[]): Statement {
  return {
    name: 'joined-hold',
    text: `UPDATE part_row r SET held = u.held FROM unnest($1::bytea[], $2::bool[]) AS u(key, held) WHERE r.key = u.key`,
    values: [
      byteaArray(roots.map(({ key }) => key)),
      plainArray(roots.map(({ joined }) => joined === null)),
    ],
  };
}

/** Joins that follow a row's ancestors, and the condition that one of them is missing. */
export function chainSql(levels: number): { joins: string; missing: string } {
  const names = Array.from({ length: levels }, (_, i) => `a${i}`);
  const joins = names.map(
    (name, i) =>
      `LEFT JOIN part_row ${name} ON ${name}.key = ${i === 0 ? 'r' : `a${i - 1}`}.parent`,
  );
  return {
    joins: joins.join(' '),
    missing: levels === 0 ? 'false' : `(a${levels - 1}.key IS NULL)`,
  };
}

/** Which of the rows named want something that they belong to, so many levels up. */
export function waitingBelow(levels: number): { name: string; text: string } {
  const { joins, missing } = chainSql(levels);
  return {
    name: `joined-waiting-${levels}`,
    text: `SELECT r.key FROM part_row r ${joins} WHERE r.key = ANY($1::bytea[]) AND ${missing}`,
  };
}
