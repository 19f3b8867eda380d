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

const PATIENCE_MS = 5_000;
/** States in which a version may be published under. */
const LIVE = ['published', 'deprecated'];

const answer = z.object({
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

/** Governance answered, but not what it was asked for. */
export class AnsweredOtherwise extends Error {
  constructor(readonly status: number) {
    super(`Governance answered ${status}`);
  }
}

/**
 * Finds the approved version that is exactly the local contract folder, by its hash. Asked of governance, and
 * remembered in the domain's own database, so that a domain publishes on while governance is down.
 */
export class Approvals {
  constructor(
    private readonly pool: Pool,
    private readonly governanceUrl: string,
    private readonly tokens: { token(): Promise<string> },
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
    const response = await fetch(`${this.governanceUrl}/v1/products/${contract.product}`, {
      headers: { authorization: `Bearer ${await this.tokens.token()}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status === 404) return null;
    if (!response.ok) throw new AnsweredOtherwise(response.status);
    const { majors } = answer.parse(await response.json());
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
