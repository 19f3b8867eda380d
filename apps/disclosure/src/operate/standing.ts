import type { Pool } from 'pg';

import { disclosureErrors } from '../errors.js';
import type {
  KeyTrouble,
  KeyUse,
  OptOutRule,
  StoredPseudonymKeys,
} from '../keys/pseudonym-keys.js';

/** How a view stands. `held`: nothing is disclosed, since when, and why; it says nothing of anybody. */
export type Standing = {
  topic: string;
  state: 'ended' | 'held' | 'filling' | 'following';
  nationalOptOut: OptOutRule;
  /** Since when the cleaned list in use holds; null where none is needed or there. */
  listedAt: string | null;
  held: Trouble | null;
  /** What keeps a newer list from being used, also while the last good one still holds; null where nothing does. */
  trouble: Trouble | null;
};
type Trouble = { since: string; code: string; why: string };

type Row = Omit<KeyUse, 'optOut'> & {
  keyOptOut: OptOutRule;
  topic: string;
  active: boolean;
  optOut: boolean;
  filling: boolean;
  receivedAt: Date | null;
  heldSince: Date;
  trouble: string | null;
  troubleAt: Date | null;
};

/** Reads how the views of a grant stand. */
export class ViewStanding {
  readonly #pool: Pool;
  readonly #keys: Pick<StoredPseudonymKeys, 'troubleOf'>;

  constructor(pool: Pool, keys: Pick<StoredPseudonymKeys, 'troubleOf'>) {
    this.#pool = pool;
    this.#keys = keys;
  }

  of(grantId: string): Promise<Standing[]> {
    return this.#read('WHERE v.grant_id = $1', [grantId]);
  }

  /** Of every view there is. */
  all(): Promise<Standing[]> {
    return this.#read('', []);
  }

  async #read(which: string, values: unknown[]): Promise<Standing[]> {
    const { rows } = await this.#pool.query<Row>(
      `SELECT v.topic, v.organisation, v.purpose, v.key_generation AS generation,
         v.key_opt_out AS "keyOptOut", v.active, coalesce(t.opt_out, true) AS "optOut", l.received_at AS "receivedAt",
         coalesce(greatest(l.held_since, v.since), v.since) AS "heldSince", l.trouble, l.trouble_at AS "troubleAt",
         coalesce(t.refill OR t.catch_up, false) OR EXISTS (SELECT FROM view_backfill b WHERE b.view_id = v.id AND NOT b.done) AS filling
       FROM view v LEFT JOIN view_terms t ON t.view_id = v.id LEFT JOIN check_list l USING (organisation)
       ${which} ORDER BY v.topic`,
      values,
    );
    return rows.map((row) =>
      standingOf(row, this.#keys.troubleOf({ ...row, optOut: row.keyOptOut })),
    );
  }
}

/** Pure. */
function standingOf(row: Row, keyTrouble: KeyTrouble | null): Standing {
  const { topic, active, optOut, filling, receivedAt } = row;
  const held = active ? heldOf(row, keyTrouble) : null;
  const going = filling ? 'filling' : 'following';
  return {
    topic,
    state: !active ? 'ended' : held ? 'held' : going,
    nationalOptOut: optOut ? 'applies' : 'exempt',
    listedAt: optOut ? (receivedAt?.toISOString() ?? null) : null,
    held,
    trouble: active && optOut ? troubleOf(row) : null,
  };
}

function troubleOf({ trouble, troubleAt, heldSince }: Row): Standing['trouble'] {
  return trouble === null ? null : heldBy(trouble, troubleAt ?? heldSince);
}

/** Without a key nothing is disclosed to anybody; without a list to nobody whom an opt-out may concern. */
function heldOf(
  { optOut, receivedAt, heldSince, trouble }: Row,
  keyTrouble: KeyTrouble | null,
): Standing['held'] {
  if (keyTrouble !== null) return heldBy(keyTrouble.code, keyTrouble.since);
  if (!optOut || receivedAt !== null) return null;
  return heldBy(trouble ?? disclosureErrors.listAwaited.code, heldSince);
}

function heldBy(code: string, since: Date): Trouble {
  const why = Object.values(disclosureErrors).find((one) => one.code === code)?.title ?? code;
  return { since: since.toISOString(), code, why };
}
