import { Injectable } from '@nestjs/common';
import canonicalize from 'canonicalize';
import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import { Store, insert } from '../database/store.js';
import { Outbox } from '../events/outbox.js';
import { pageOf, positionOf } from '../http/page.js';
import { Ledger } from '../ledger/ledger.js';
import { DriftEntity } from './drift.entity.js';
import type { DriftKind, DriftOutcome } from './drift.entity.js';
import type { DriftQuery } from './shapes.js';

/**
 * A difference between what stood and what was decided; `done`: what came of putting it right, known only after. `foundAs`:
 * the detail under which it was found, where it could not be put right after all.
 */
export type Drift = {
  kind: DriftKind;
  object: string;
  detail: Record<string, unknown>;
  done?: Record<string, unknown>;
  foundAs?: Record<string, unknown>;
};

/** Writes down what differs. To be awaited before anything of it is put right, so that a crash in between hides nothing. */
export type Found = (drifts: readonly Drift[]) => Promise<void>;

const BY_ITSELF = { actor: 'svc-governance', role: 'reconciler' };

/** Where differences are written down: listed by the API, on the ledger and told as events, in one transaction. */
@Injectable()
export class Drifts {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;

  constructor(store: Store, ledger: Ledger, outbox: Outbox) {
    this.#store = store;
    this.#ledger = ledger;
    this.#outbox = outbox;
  }

  /** What was found and is about to be put right; what an attempt before this one found and did not finish is the same. */
  async found(drifts: readonly Drift[]): Promise<void> {
    if (drifts.length === 0) return;
    const known = new Set((await this.#unfinished(drifts.map(({ kind }) => kind))).map(identityOf));
    for (const { kind, object, detail } of drifts) {
      const drift = { kind, object, detail };
      if (known.has(identityOf(drift))) continue;
      await this.#store.transaction((em) => this.#add(em, drift, 'found'));
    }
  }

  /**
   * All of these kinds that was found has been put right now, by this attempt or by one that ended before it could say so.
   */
  async repaired(kinds: readonly DriftKind[], drifts: readonly Drift[]): Promise<void> {
    const done = new Map(drifts.map((drift) => [identityOf(drift), drift.done]));
    for (const row of await this.#unfinished(kinds)) {
      const { id, kind, object } = row;
      const detail = { ...row.detail, ...done.get(identityOf(row)) };
      await this.#store.transaction(async (em) => {
        await em.update(DriftEntity, { id }, { outcome: 'repaired', detail: detail as never });
        await this.#say(em, { kind, object, detail }, 'drift.repaired');
      });
    }
  }

  /** What a mesh needs before anybody decided anything: written down as prepared, because nothing has drifted. */
  async prepared(drifts: readonly Drift[]): Promise<void> {
    for (const { object, detail } of drifts) {
      await this.#ledger.note({ ...BY_ITSELF, action: 'mesh.prepared', object, detail });
    }
  }

  /**
   * All that differs now, of these kinds, and cannot be put right here. Each is written down when it is first
   * seen and again when it is gone, however often it is looked at in between.
   */
  async standing(kinds: readonly DriftKind[], drifts: readonly Drift[]): Promise<void> {
    const known = await this.#open(kinds);
    const begun = drifts.some(({ foundAs }) => foundAs) ? await this.#unfinished(kinds) : [];
    const now = new Map(drifts.map((drift) => [keyOf(drift), drift]));
    for (const [key, drift] of now) {
      const row = begun.find((one) => drift.foundAs && identityOf(one) === foundIdentityOf(drift));
      const before = known.get(key);
      if (before && !row) continue;
      await this.#store.transaction(async (em) => {
        // It went and came back, and is now another difference.
        if (before) await this.#clear(em, before);
        await (row ? this.#stay(em, row, drift) : this.#add(em, drift, 'standing'));
      });
    }
    for (const [key, row] of known) {
      if (now.has(key)) continue;
      await this.#store.transaction((em) => this.#clear(em, row));
    }
  }

  /** One page, newest first. */
  async list({ kind, outcome, object, cursor, limit }: DriftQuery) {
    const position = positionOf(cursor, 'number');
    const search = this.#store.reader.createQueryBuilder(DriftEntity, 'd').where('true');
    if (kind) search.andWhere('d.kind = :kind', { kind });
    if (outcome) search.andWhere('d.outcome = :outcome', { outcome });
    if (object) search.andWhere('d.object = :object', { object });
    if (position) search.andWhere('d.id < :before', { before: position[0] });
    const rows = await search
      .orderBy('d.id', 'DESC')
      .take(limit + 1)
      .getMany();
    return pageOf(rows, limit, ({ id }) => [id], show);
  }

  async #open(kinds: readonly DriftKind[]): Promise<Map<string, DriftEntity>> {
    const rows = await this.#store.reader
      .createQueryBuilder(DriftEntity, 'd')
      .where(`d.outcome = 'standing' AND d.kind = ANY(:kinds)`, { kinds })
      .getMany();
    return new Map(rows.map((row) => [keyOf(row), row]));
  }

  #unfinished(kinds: readonly DriftKind[]): Promise<DriftEntity[]> {
    const where = { outcome: 'found', kind: In([...new Set(kinds)]) } as const;
    return this.#store.reader.find(DriftEntity, { where, order: { id: 'ASC' } });
  }

  async #add(em: EntityManager, drift: Drift, outcome: DriftOutcome): Promise<void> {
    const { kind, object, detail } = drift;
    const row = { kind, object, detail, outcome, foundAt: new Date() };
    await insert(em, DriftEntity, row);
    if (outcome === 'standing') return this.#say(em, drift, 'drift.reported');
    await this.#ledger.record(em, { ...BY_ITSELF, action: 'drift.found', object, detail });
  }

  // What was found and could not be put right.
  async #stay(em: EntityManager, { id }: DriftEntity, drift: Drift): Promise<void> {
    const { detail } = drift;
    await em.update(DriftEntity, { id }, { outcome: 'standing', detail: detail as never });
    await this.#say(em, drift, 'drift.reported');
  }

  async #clear(em: EntityManager, { id, kind, object, detail }: DriftEntity): Promise<void> {
    await em.update(DriftEntity, { id }, { outcome: 'cleared', clearedAt: new Date() });
    await this.#say(em, { kind, object, detail }, 'drift.cleared');
  }

  async #say(
    em: EntityManager,
    { kind, object, detail }: Drift,
    action: 'drift.repaired' | 'drift.reported' | 'drift.cleared',
  ): Promise<void> {
    await this.#ledger.record(em, { ...BY_ITSELF, action, object, detail });
    await this.#outbox.tell(em, { type: action, subject: object, data: { kind, ...detail } });
  }
}

// As the database gives it back, its members are in another order.
function identityOf({ kind, object, detail }: Drift): string {
  return canonicalize([kind, object, detail]) ?? '';
}

function foundIdentityOf({ kind, object, foundAs = {} }: Drift): string {
  return identityOf({ kind, object, detail: foundAs });
}

function keyOf({ kind, object }: Pick<Drift, 'kind' | 'object'>): string {
  return `${kind} ${object}`;
}

function show({ id, kind, object, outcome, detail, foundAt, clearedAt }: DriftEntity) {
  return {
    id,
    kind,
    object,
    outcome,
    detail,
    foundAt: foundAt.toISOString(),
    clearedAt: clearedAt?.toISOString() ?? null,
  };
}
