import { AnsweredOtherwise } from '@caremesh/platform';
import type { Peer } from '@caremesh/platform';
import type { Pool } from 'pg';
import { z } from 'zod';

import type { ContractFolder } from './contract-folder.js';

/** An approved version: the ids its records carry, and the topics they go to. */
export type ApprovedVersion = {
  topic: string;
  schemaId: number;
  secondary: { topic: string; schemaId: number } | null;
  schema: string;
};

/** States in which a version may be published under. */
const LIVE = ['published', 'deprecated'];

const shape = z.object({
  majors: z.array(
    z.object({
      major: z.number(),
      topic: z.string(),
      secondary: z.object({ topic: z.string() }).nullish(),
      versions: z.array(
        z.object({
          version: z.string(),
          state: z.string(),
          schemaId: z.number().nullable(),
          contentHash: z.string(),
          secondarySchemaId: z.number().nullish(),
        }),
      ),
    }),
  ),
});

/**
 * Finds the approved version that is exactly the local contract folder, by its hash. Asked of governance, and
 * remembered in the domain's own database, so that a domain publishes on while governance is down.
 */
export class Approvals {
  constructor(
    private readonly pool: Pool,
    private readonly governance: Peer,
  ) {}

  /**
   * The approved version of the folder, null if there is none (yet), `retired` if its major was retired.
   * Throws if governance cannot be asked and nothing is remembered.
   */
  async find(name: string, folder: ContractFolder): Promise<ApprovedVersion | 'retired' | null> {
    try {
      const found = await this.#ask(folder);
      if (found === 'retired') await this.#forget(name, folder);
      else if (found) await this.#remember(name, folder, found);
      return found;
    } catch (error) {
      const known = await this.#recall(name, folder);
      if (known) return known;
      throw error;
    }
  }

  /** The schema of a version that was approved at some time, by its id. */
  async schemaOf(schemaId: number): Promise<string | null> {
    const found = await this.pool.query<{ schema: string }>(
      `SELECT schema FROM approved_version WHERE schema_id = $1 LIMIT 1`,
      [schemaId],
    );
    return found.rows[0]?.schema ?? null;
  }

  async #ask({
    contract,
    schema,
    hash,
  }: ContractFolder): Promise<ApprovedVersion | 'retired' | null> {
    const majors = await this.#majorsOf(contract.product);
    const major = majors.find((one) => one.major === contract.major);
    const version = major?.versions.find(
      (one) => one.contentHash === hash && [...LIVE, 'retired'].includes(one.state),
    );
    if (version?.state === 'retired') return 'retired';
    if (!major || !version || version.schemaId === null) return null;
    return {
      topic: major.topic,
      schemaId: version.schemaId,
      secondary: major.secondary
        ? { topic: major.secondary.topic, schemaId: version.secondarySchemaId ?? version.schemaId }
        : null,
      schema,
    };
  }

  /** None of a product that governance does not know (yet). */
  async #majorsOf(product: string): Promise<z.output<typeof shape>['majors']> {
    try {
      return (await this.governance.ask(`/v1/products/${product}`, { shape })).majors;
    } catch (error) {
      if (error instanceof AnsweredOtherwise && error.status === 404) return [];
      throw error;
    }
  }

  async #remember(name: string, folder: ContractFolder, version: ApprovedVersion): Promise<void> {
    await this.pool.query(
      `INSERT INTO approved_version
         (contract, content_hash, version, topic, schema_id, secondary_topic, secondary_schema_id, schema)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (contract, content_hash) DO UPDATE SET topic = excluded.topic,
         schema_id = excluded.schema_id, secondary_topic = excluded.secondary_topic,
         secondary_schema_id = excluded.secondary_schema_id`,
      [
        name,
        folder.hash,
        folder.contract.version,
        version.topic,
        version.schemaId,
        version.secondary?.topic ?? null,
        version.secondary?.schemaId ?? null,
        version.schema,
      ],
    );
  }

  /** What was retired must not come back because governance cannot be asked one day. */
  async #forget(name: string, { hash }: ContractFolder): Promise<void> {
    await this.pool.query(
      `DELETE FROM approved_version WHERE contract = $1 AND content_hash = $2`,
      [name, hash],
    );
  }

  async #recall(name: string, { hash }: ContractFolder): Promise<ApprovedVersion | null> {
    const found = await this.pool.query<{
      topic: string;
      schema_id: number;
      secondary_topic: string | null;
      secondary_schema_id: number | null;
      schema: string;
    }>(`SELECT * FROM approved_version WHERE contract = $1 AND content_hash = $2`, [name, hash]);
    const row = found.rows[0];
    if (!row) return null;
    const secondary = row.secondary_topic && {
      topic: row.secondary_topic,
      schemaId: row.secondary_schema_id ?? row.schema_id,
    };
    return {
      topic: row.topic,
      schemaId: row.schema_id,
      secondary: secondary || null,
      schema: row.schema,
    };
  }
}
