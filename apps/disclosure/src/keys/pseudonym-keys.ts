import { randomBytes } from 'node:crypto';

import type { Purpose } from '@caremesh/contract';
import { Problem } from '@caremesh/platform';
import type { Pool } from 'pg';

import { disclosureErrors } from '../errors.js';
import type { KeyWrapping } from './wrapping.js';

/**
 * Whom a view is for: an organisation, by ODS code, and what it may use the data for. Its key has generations, each by a
 * decision of governance; without one the first is meant.
 */
export type Recipient = { organisation: string; purpose: Purpose; generation?: number };

/** Gives the one key of a recipient. Throws a retriable problem when it cannot: then nothing is disclosed. */
export interface PseudonymKeys {
  keyOf(recipient: Recipient): Promise<Uint8Array>;
}

/** Why a recipient's key cannot be had, and since when. */
export type KeyTrouble = { since: Date; code: string };
/** A key as people may see it: whose, and which wrapping key closes it. */
export type KeyStanding = {
  organisation: string;
  purpose: string;
  generation: number;
  wrappedBy: string;
};

type Row = { wrapped: Buffer; wrapped_by: string };
type Opened = { recipient: Recipient; key: Promise<Buffer>; until: number };

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

  keyOf(recipient: Recipient): Promise<Buffer> {
    const context = contextOf(recipient);
    const opened = this.#opened.get(context);
    if (opened && opened.until > Date.now()) return opened.key;
    const key = this.#watched(context, this.#open(recipient, context));
    this.#opened.set(context, { recipient, key, until: Date.now() + this.#leaseMs });
    return key;
  }

  /** Asks the store again for every key whose lease is over, so that what is wrong is known before a record comes. */
  async check(): Promise<void> {
    const recipients = [...this.#opened.values()].map(({ recipient }) => recipient);
    const troubled = [...this.#troubles.keys()].map(recipientOf);
    for (const one of [...recipients, ...troubled]) await this.keyOf(one).catch(() => undefined);
  }

  /** Null while the recipient's key can be had. */
  troubleOf(recipient: Recipient): KeyTrouble | null {
    return this.#troubles.get(contextOf(recipient)) ?? null;
  }

  async list(): Promise<KeyStanding[]> {
    const { rows } = await this.#pool.query<KeyStanding>(
      `SELECT organisation, purpose, generation, wrapped_by AS "wrappedBy" FROM pseudonym_key ORDER BY 1, 2, 3`,
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
    const { rows } = await this.#pool.query<Row & Recipient>(
      `SELECT organisation, purpose, generation, wrapped, wrapped_by FROM pseudonym_key WHERE wrapped_by <> $1`,
      [current],
    );
    let done = 0;
    for (const { wrapped, wrapped_by: before, ...recipient } of rows) {
      const { organisation, purpose, generation } = recipient;
      const context = contextOf(recipient);
      const key = await this.#wrapping.unwrap({ bytes: wrapped, wrappedBy: before }, context);
      const { bytes, wrappedBy } = await this.#wrapping.wrap(key, context);
      const { rowCount } = await this.#pool.query(
        `UPDATE pseudonym_key SET wrapped = $3, wrapped_by = $4
         WHERE organisation = $1 AND purpose = $2 AND wrapped_by = $5 AND generation = $6`,
        [organisation, purpose, bytes, wrappedBy, before, generation],
      );
      done += rowCount ?? 0;
    }
    return done;
  }

  async #watched(context: string, opening: Promise<Buffer>): Promise<Buffer> {
    try {
      const key = await opening;
      this.#troubles.delete(context);
      return key;
    } catch (error) {
      this.#opened.delete(context);
      const code =
        error instanceof Problem ? error.code : disclosureErrors.keyStoreUnavailable.code;
      const since = this.#troubles.get(context)?.since ?? new Date();
      this.#troubles.set(context, { since, code });
      throw error;
    }
  }

  async #open(recipient: Recipient, context: string): Promise<Buffer> {
    const row = (await this.#find(recipient)) ?? (await this.#make(recipient, context));
    return this.#wrapping.unwrap({ bytes: row.wrapped, wrappedBy: row.wrapped_by }, context);
  }

  async #find({ organisation, purpose, generation = 1 }: Recipient): Promise<Row | undefined> {
    const { rows } = await this.#pool.query<Row>(
      `SELECT wrapped, wrapped_by FROM pseudonym_key WHERE organisation = $1 AND purpose = $2 AND generation = $3`,
      [organisation, purpose, generation],
    );
    return rows[0];
  }

  /** Of two processes that make the key at once the first wins, and both then read that one. */
  async #make(recipient: Recipient, context: string): Promise<Row> {
    const { bytes, wrappedBy } = await this.#wrapping.wrap(randomBytes(32), context);
    await this.#pool.query(
      `INSERT INTO pseudonym_key (organisation, purpose, generation, wrapped, wrapped_by) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [recipient.organisation, recipient.purpose, recipient.generation ?? 1, bytes, wrappedBy],
    );
    return (await this.#find(recipient))!;
  }
}

/** ODS codes hold no stroke, so two recipients never share a context. The first generation's is as it was before there were others. */
function contextOf({ organisation, purpose, generation = 1 }: Recipient): string {
  const first = `pseudonym/${organisation}/${purpose}`;
  return generation === 1 ? first : `${first}/${generation}`;
}

function recipientOf(context: string): Recipient {
  const [, organisation = '', purpose = '', generation = '1'] = context.split('/');
  return { organisation, purpose: purpose as Purpose, generation: Number(generation) };
}
