import { avroType, names, renamingsSchema } from '@caremesh/contract';
import { inTransaction } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import type { OutgoingRecord } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import type { Outbox } from '../disclose/discloser.js';
import { told } from '../disclose/merges.js';
import { toldOfNobody } from '../disclose/told-of-nobody.js';

/** People of one part: two names of 26 characters each, so some 300 kB, below a broker's usual limit of 1 MB. */
const MOST = 5_000;

type Changed = { id: number; topic: string; formerId: number; former: string; grantId: string };
type Renamed = { before: string; person: string };

/** Tells each recipient whose pseudonyms changed, once, which name became which. */
export class Renamings {
  readonly #pool: Pool;
  readonly #outbox: Outbox;
  readonly #registryUrl: string;
  readonly #schemaIdOf: (subject: string) => Promise<number | null>;
  readonly #log: Logger;

  constructor(parts: {
    pool: Pool;
    outbox: Outbox;
    registryUrl: string;
    /** The id of a subject's schema; null while governance has not registered it. */
    schemaIdOf: (subject: string) => Promise<number | null>;
    log: Logger;
  }) {
    this.#pool = parts.pool;
    this.#outbox = parts.outbox;
    this.#registryUrl = parts.registryUrl;
    this.#schemaIdOf = parts.schemaIdOf;
    this.#log = parts.log;
  }

  /** One look; may be made by several instances at once. */
  async look(): Promise<void> {
    // The view before is the one of the same product and grant with the next lower generation; filled is one with nothing to fill. Both are
    // to be: of two changes that come together the second is begun to be filled first, and of a former view that is empty yet nobody is told.
    // Of a key that another rule's views had too no list is told: by the former names it would join what the new keys part.
    const { rows } = await this.#pool.query<Changed>(
      `WITH changed AS (
         SELECT DISTINCT ON (v.id) v.id, v.topic, v.grant_id AS "grantId", f.id AS "formerId", f.topic AS former
         FROM view v JOIN view f ON f.grant_id = v.grant_id
           AND f.product = v.product AND f.major = v.major AND f.key_generation < v.key_generation
           AND f.key_opt_out = v.key_opt_out AND f.active
         WHERE v.active AND v.renamed_at IS NULL
         ORDER BY v.id, f.key_generation DESC)
       SELECT * FROM changed WHERE NOT EXISTS (
         SELECT FROM view_terms t WHERE t.view_id IN (id, "formerId") AND (t.refill OR t.catch_up))
       AND NOT EXISTS (
         SELECT FROM view_backfill b WHERE b.view_id IN (id, "formerId") AND NOT b.done)`,
    );
    for (const one of rows) await this.#tell(one);
  }

  async #tell(changed: Changed): Promise<void> {
    const schemaId = await this.#schemaIdOf(names.subjectOf(names.renamingsTopic(changed.grantId)));
    if (schemaId === null) return;
    const people = await inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `UPDATE view SET renamed_at = now() WHERE id = $1 AND renamed_at IS NULL`,
        [changed.id],
      );
      if (rowCount !== 1) return null;
      const found = await renamed(client, changed);
      const parts = Math.ceil(found.length / MOST);
      const outgoing = Array.from({ length: parts }, (_, at) =>
        this.#part(changed, schemaId, found.slice(at * MOST, (at + 1) * MOST), at + 1, parts),
      );
      await this.#outbox.write(client, outgoing);
      return found.length;
    });
    if (people === null) return;
    this.#log.info({ view: changed.topic, people }, 'New pseudonyms are told');
  }

  #part(
    { topic: view, former: before, grantId }: Changed,
    schemaId: number,
    people: readonly Renamed[],
    part: number,
    parts: number,
  ): OutgoingRecord {
    const now = new Date();
    const value = { before, view, recordedAt: now.getTime(), part, parts, people };
    const avro = avroType(renamingsSchema(grantId)).toBuffer(value);
    const [topic, type] = [names.renamingsTopic(grantId), 'caremesh.mesh.renamed.v1'];
    return toldOfNobody({ topic, type, registryUrl: this.#registryUrl, schemaId, now }, avro);
  }
}

/**
 * People of whom both views tell now, in an order that says nothing. Whoever was withdrawn while the new one was filled is known to it and no
 * longer in it: their names would join what is over in the one with what is over in the other.
 */
async function renamed(client: ClientBase, { id, formerId }: Changed): Promise<Renamed[]> {
  const { rows } = await client.query<Renamed>(
    `SELECT f.pseudonym AS before, n.pseudonym AS person
     FROM view_person n JOIN view_person f ON f.view_id = $2 AND f.source_person = n.source_person
     WHERE n.view_id = $1 AND n.source_person <> '-'
       AND EXISTS (${told('n.view_id', 'n.source_person')}) AND EXISTS (${told('f.view_id', 'f.source_person')})
     ORDER BY n.pseudonym`,
    [id, formerId],
  );
  return rows;
}
