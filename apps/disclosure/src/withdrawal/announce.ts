import { avroType, names, withdrawalsSchema } from '@caremesh/contract';
import { inTransaction } from '@caremesh/platform';
import type { OutgoingRecord } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import type { Outbox } from '../disclose/discloser.js';
import { toldOfNobody } from '../disclose/told-of-nobody.js';

/** Records that one event lists at most: some 60 bytes each, so it stays far below a broker's usual limit of 1 MB. */
const MOST = 5_000;

type Pending = { key: string };
type Told = { id: number; topic: string; grantId: string; erase: boolean };

/** What the announcements need of the world. */
export type Announcing = {
  pool: Pool;
  outbox: Outbox;
  registryUrl: string;
  /** The id of a subject's schema; null while governance has not registered it. */
  schemaIdOf: (subject: string) => Promise<number | null>;
  everyMs: number;
};

/**
 * Tells each grant's recipient what is no longer available for their use. Told is what ended before the last of the fixed
 * times, so every event of every grant is at such a time, whatever it tells of.
 */
export class Announcements {
  readonly #parts: Announcing;
  readonly #ids = new Map<string, number>();

  constructor(parts: Announcing) {
    this.#parts = parts;
  }

  /** One look; may be made by several instances at once. */
  async look(now = Date.now()): Promise<void> {
    const { pool, everyMs } = this.#parts;
    const until = new Date(Math.floor(now / everyMs) * everyMs);
    const { rows } = await pool.query<Told>(
      `SELECT v.id, v.topic, v.grant_id AS "grantId", t.erase FROM view v JOIN view_terms t ON t.view_id = v.id
       WHERE v.active AND EXISTS (SELECT FROM withdrawn w WHERE w.view_id = v.id AND w.at < $1)`,
      [until],
    );
    for (const view of rows) await this.#tell(view, until);
  }

  async #tell(view: Told, until: Date): Promise<void> {
    const schemaId = await this.#schemaId(view.grantId);
    if (schemaId === null) return;
    await inTransaction(this.#parts.pool, async (client) => {
      const ended = await take(client, view.id, until);
      if (ended.length > 0) {
        await this.#parts.outbox.write(client, [this.#event(view, schemaId, ended)]);
      }
    });
  }

  async #schemaId(grantId: string): Promise<number | null> {
    const subject = names.subjectOf(names.withdrawalsTopic(grantId));
    const held = this.#ids.get(subject);
    if (held !== undefined) return held;
    const id = await this.#parts.schemaIdOf(subject);
    if (id !== null) this.#ids.set(subject, id);
    return id;
  }

  #event(
    { topic, grantId, erase }: Told,
    schemaId: number,
    ended: readonly Pending[],
  ): OutgoingRecord {
    const now = new Date();
    const records = new Map<string, string[]>();
    for (const { key } of ended) {
      const [person = '', recordId = ''] = key.split('.');
      records.set(person, [...(records.get(person) ?? []), recordId]);
    }
    const people = [...records].map(([person, recordIds]) => ({ person, recordIds }));
    const value = { view: topic, recordedAt: now.getTime(), erase, people };
    const avro = avroType(withdrawalsSchema(grantId)).toBuffer(value);
    const { registryUrl } = this.#parts;
    const type = 'caremesh.mesh.no-longer-available.v1';
    const topicOf = names.withdrawalsTopic(grantId);
    return toldOfNobody({ topic: topicOf, type, registryUrl, schemaId, now }, avro);
  }
}

/** What a view's recipient was not yet told of, but for what is there again by now. A merge that waits is not. */
async function take(client: ClientBase, viewId: number, until: Date): Promise<Pending[]> {
  const { rows } = await client.query<Pending>(
    `WITH due AS (
       SELECT id FROM withdrawn WHERE view_id = $1 AND at < $2 ORDER BY id LIMIT ${MOST} FOR UPDATE SKIP LOCKED),
     told AS (DELETE FROM withdrawn w USING due WHERE w.id = due.id RETURNING w.source_key, w.key)
     SELECT DISTINCT told.key FROM told LEFT JOIN view_record r ON r.view_id = $1 AND r.source_key = told.source_key
     WHERE NOT coalesce(r.live, false) OR EXISTS (
       SELECT FROM view_merge m WHERE m.view_id = $1 AND m.source_key = told.source_key AND NOT m.told)
     ORDER BY told.key`,
    [viewId, until],
  );
  return rows;
}
