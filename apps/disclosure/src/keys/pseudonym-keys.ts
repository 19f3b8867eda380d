import { randomBytes } from 'node:crypto';

import type { Purpose } from '@caremesh/contract';
import { Problem } from '@caremesh/platform';
import type { Pool } from 'pg';

import { disclosureErrors } from '../errors.js';
import type { KeyWrapping } from './wrapping.js';

/** Whom a view is for: an organisation, by ODS code, and what it may use the data for. */
export type Recipient = { organisation: string; purpose: Purpose };

/** Whether the national data opt-out applies to a use; as the decision table calls it (`libs/contract`, choices). */
export type OptOutRule = 'applies' | 'exempt';

/**
 * What a key is for: a recipient's views under one rule of the opt-out. Under another rule another key, or whoever has both
 * would see who is in one alone, and so who opted out (ADR 036). It has generations, each by a decision of governance;
 * without one the first is meant.
 */
export type KeyUse = Recipient & { optOut: OptOutRule; generation?: number };

/** Gives the one key of a use. Throws a retriable problem when it cannot: then nothing is disclosed. */
export interface PseudonymKeys {
  keyOf(use: KeyUse): Promise<Uint8Array>;
}

/** Why a key cannot be had, and since when. */
export type KeyTrouble = { since: Date; code: string };
/**
 * A key as people may see it: what for, and which wrapping key closes it. `otherRule`: how many active views that the other
 * rule holds for have it, from before there was a key for each; a change of the recipient's key by decision parts them.
 */
export type KeyStanding = {
  organisation: string;
  purpose: string;
  nationalOptOut: OptOutRule;
  generation: number;
  wrappedBy: string;
  otherRule: number;
};

type Row = { wrapped: Buffer; wrapped_by: string };
type Opened = { use: KeyUse; key: Promise<Buffer>; until: number };

/** How long an opened key is used before the store is asked again: disclosure stops so long after the store went away. */
const KEY_LEASE_MS = 5_000;

/** Pseudonym keys, wrapped, in the service's own database. An opened key is kept in memory for its lease. */
export class StoredPseudonymKeys implements PseudonymKeys {
  readonly #pool: Pool;
  readonly #wrapping: KeyWrapping;
  readonly #leaseMs: number;
  readonly #opened = new Map<string, Opened>();
  readonly #troubles = new Map<string, KeyTrouble>();

  constructor(pool: Pool, wrapping: KeyWrapping, leaseMs: number = KEY_LEASE_MS) {
    this.#pool = pool;
    this.#wrapping = wrapping;
    this.#leaseMs = leaseMs;
  }

  keyOf(use: KeyUse): Promise<Buffer> {
    const name = nameOf(use);
    const opened = this.#opened.get(name);
    if (opened && opened.until > Date.now()) return opened.key;
    const key = this.#watched(name, this.#open(use));
    this.#opened.set(name, { use, key, until: Date.now() + this.#leaseMs });
    return key;
  }

  /** Asks the store again for every key whose lease is over, so that what is wrong is known before a record comes. */
  async check(): Promise<void> {
    const uses = [...this.#opened.values()].map(({ use }) => use);
    const troubled = [...this.#troubles.keys()].map(useOf);
    for (const one of [...uses, ...troubled]) await this.keyOf(one).catch(() => undefined);
  }

  /** Null while the key can be had. */
  troubleOf(use: KeyUse): KeyTrouble | null {
    return this.#troubles.get(nameOf(use)) ?? null;
  }

  async list(): Promise<KeyStanding[]> {
    const { rows } = await this.#pool.query<KeyStanding>(
      `SELECT organisation, purpose, opt_out AS "nationalOptOut", generation, wrapped_by AS "wrappedBy",
         (SELECT count(*)::int FROM view v JOIN view_terms t ON t.view_id = v.id
          WHERE v.active AND (v.organisation, v.purpose, v.key_opt_out, v.key_generation) = (k.organisation, k.purpose, k.opt_out, k.generation)
            AND t.opt_out <> (k.opt_out = 'applies')) AS "otherRule"
       FROM pseudonym_key k ORDER BY 1, 2, 3, 4`,
    );
    return rows;
  }

  /**
   * Wraps every key anew that is not under the wrapping key in use; the keys themselves, and so every pseudonym, stay as
   * they are. May be done twice and by two processes at once: a row changes only from the wrapping that was opened.
   * @returns how many were wrapped anew
   */
  async rewrap(): Promise<number> {
    const current = await this.#wrapping.current();
    const { rows } = await this.#pool.query<Row & Required<KeyUse>>(
      `SELECT organisation, purpose, opt_out AS "optOut", generation, wrapped, wrapped_by FROM pseudonym_key
       WHERE wrapped_by <> $1`,
      [current],
    );
    let done = 0;
    for (const { wrapped, wrapped_by: before, ...use } of rows) {
      const { organisation, purpose, generation, optOut } = use;
      const context = contextOf(use);
      const key = await this.#wrapping.unwrap({ bytes: wrapped, wrappedBy: before }, context);
      const { bytes, wrappedBy } = await this.#wrapping.wrap(key, context);
      const { rowCount } = await this.#pool.query(
        `UPDATE pseudonym_key SET wrapped = $3, wrapped_by = $4
         WHERE organisation = $1 AND purpose = $2 AND wrapped_by = $5 AND generation = $6 AND opt_out = $7`,
        [organisation, purpose, bytes, wrappedBy, before, generation, optOut],
      );
      done += rowCount ?? 0;
    }
    return done;
  }

  async #watched(name: string, opening: Promise<Buffer>): Promise<Buffer> {
    try {
      const key = await opening;
      this.#troubles.delete(name);
      return key;
    } catch (error) {
      this.#opened.delete(name);
      const code =
        error instanceof Problem ? error.code : disclosureErrors.keyStoreUnavailable.code;
      const since = this.#troubles.get(name)?.since ?? new Date();
      this.#troubles.set(name, { since, code });
      throw error;
    }
  }

  async #open(use: KeyUse): Promise<Buffer> {
    const row = (await this.#find(use)) ?? (await this.#make(use));
    return this.#wrapping.unwrap({ bytes: row.wrapped, wrappedBy: row.wrapped_by }, contextOf(use));
  }

  async #find({ organisation, purpose, optOut, generation = 1 }: KeyUse): Promise<Row | undefined> {
    const { rows } = await this.#pool.query<Row>(
      `SELECT wrapped, wrapped_by FROM pseudonym_key
       WHERE organisation = $1 AND purpose = $2 AND opt_out = $3 AND generation = $4`,
      [organisation, purpose, optOut, generation],
    );
    return rows[0];
  }

  /** Of two processes that make the key at once the first wins, and both then read that one. */
  async #make(use: KeyUse): Promise<Row> {
    const { organisation, purpose, optOut, generation = 1 } = use;
    const { bytes, wrappedBy } = await this.#wrapping.wrap(randomBytes(32), contextOf(use));
    await this.#pool.query(
      `INSERT INTO pseudonym_key (organisation, purpose, opt_out, generation, wrapped, wrapped_by)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [organisation, purpose, optOut, generation, bytes, wrappedBy],
    );
    return (await this.#find(use))!;
  }
}

/**
 * ODS codes hold no stroke, so two recipients never share a context. The first generation's is as it was before there were
 * others. The rule is not in it: a key of before became that of the rule its views are under without being wrapped anew.
 */
function contextOf({ organisation, purpose, generation = 1 }: KeyUse): string {
  const first = `pseudonym/${organisation}/${purpose}`;
  return generation === 1 ? first : `${first}/${generation}`;
}

/** Names a use among those that were asked for. */
const nameOf = ({ organisation, purpose, optOut, generation = 1 }: KeyUse): string =>
  [organisation, purpose, optOut, generation].join('/');

function useOf(name: string): KeyUse {
  const [organisation = '', purpose, optOut, generation] = name.split('/');
  return {
    organisation,
    purpose: purpose as Purpose,
    optOut: optOut as OptOutRule,
    generation: Number(generation),
  };
}
