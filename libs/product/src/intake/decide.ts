import type { Statement } from '@caremesh/platform';

import type { ItemOutcome, Outcome } from '../define/source.js';
import { fault, Faulty } from '../errors.js';
import type { Fault, FaultName } from '../errors.js';
import { quarantineStatement, refusedAgainStatement } from '../quarantine/statements.js';
import type { QuarantineEntry } from '../quarantine/statements.js';
import type { Seal } from '../sealing/seal.js';
import { apply, refusedFor } from '../state/apply.js';
import type { Emitter } from '../state/emit.js';
import type { KeyedChange } from '../state/model.js';
import { refusedOf } from '../state/rehearse.js';
import type { World } from '../state/world.js';
import { newId } from './ids.js';
import {
  answerAsBefore,
  forgottenStatement,
  landedAnewStatement,
  landedStatement,
  payloadStatement,
  refusedBefore,
  takenStatement,
} from './landing.js';
import type { Landed, LandedMessages, Landing } from './landing.js';
import { atPlace } from './prepare.js';
import type { Prepared, Refusal } from './prepare.js';

/** When several changes come of one item, the first of these that happened is its outcome. */
const WEIGHT: readonly Outcome[] = [
  'quarantined',
  'accepted',
  'retracted',
  'held',
  'unchanged',
  'notUsed',
];

/** What the changes of an item came to, and by outcome what is told of it. */
type Effect = {
  outcomes: Outcome[];
  refusal: Refusal | null;
  why: Partial<Record<Outcome, FaultName>>;
};

/**
 * Decides items one after the other on the world as read, and gathers what must be written.
 * Nothing is written here; if the transaction fails, another decision is made on what is there then.
 */
export class Decision {
  readonly outcomes: ItemOutcome[] = [];
  /** By the hexadecimal form of their key. */
  readonly #landings = new Map<string, Landing>();
  readonly #anew = new Map<string, Landing>();
  readonly #forgotten: Buffer[] = [];
  /** Quarantine entries of what is refused no longer. */
  readonly #taken: string[] = [];
  readonly #kept: Prepared[] = [];
  readonly #refused: QuarantineEntry[] = [];
  /** Those that were in quarantine before, and stay there. */
  readonly #again: QuarantineEntry[] = [];

  constructor(
    private readonly world: World,
    private readonly emitter: Emitter,
    private readonly landed: LandedMessages,
  ) {}

  /** @param refuseReuse a reused message id is refused outright (a listener answers at once), else quarantined. */
  async decide(item: Prepared, refuseReuse: boolean): Promise<void> {
    const before = answerAsBefore(item, this.landed);
    if (!before) return this.#land(this.#withEntry(item), await this.#apply(item));
    if (before.outcome !== 'refused' || refuseReuse) {
      this.outcomes.push(before);
      return;
    }
    const refusal = { step: 'land', product: productOf(item), errors: before.errors };
    this.#settle(
      { ...item, landing: null },
      'quarantined',
      this.#quarantine(item, refusal),
      before.errors,
    );
  }

  /** Refused again, an item stays the one entry of quarantine that it is, if that was not closed. */
  #withEntry(item: Prepared): Prepared {
    const { quarantineId, isOpen } = refusedBefore(item, this.landed) ?? {};
    return quarantineId && isOpen ? { ...item, entry: quarantineId } : item;
  }

  async #apply(item: Prepared): Promise<Effect> {
    const outcomes: Outcome[] = [];
    const why: Effect['why'] = { notUsed: 'kindNotUsed' };
    let refusal = item.refusal;
    let beside: Outcome | null = null;
    const merges = item.changes.filter((one) => one.change === 'merge');
    const refused = merges.length > 1 ? await refusedOf(this.world, merges) : null;
    if (refused) return { outcomes, refusal: refusalIn(item, merges[0]!, refused), why };
    for (const change of item.changes) {
      if (change.change === 'faulty') {
        const refused = await refusedFor(this.world, change);
        const { product, publisherOds } = change;
        if (refused) refusal = { ...refused, product: product.id, publisherOds };
        else outcomes.push('notUsed');
        continue;
      }
      const applied = await apply(this.world, this.emitter, change);
      if (applied === 'closed') {
        outcomes.push('notUsed');
        why.notUsed = 'recordClosed';
      } else if (applied === 'older') {
        outcomes.push('unchanged');
        why.unchanged = 'olderThanHeld';
      } else if (typeof applied !== 'string') refusal = refusalIn(item, change, applied);
      else if (change.change !== 'restriction') outcomes.push(applied);
      // That somebody is not restricted who never was leaves an item what it is without it.
      else if (applied === 'accepted' || (item.notUsed && change.restricted)) beside = applied;
    }
    if (beside && !outcomes.includes('retracted')) outcomes.push(beside);
    return { outcomes, refusal, why };
  }

  #land(item: Prepared, { outcomes, refusal, why }: Effect): void {
    if (refusal) {
      this.#settle(item, 'quarantined', this.#quarantine(item, refusal), refusal.errors);
    } else if (item.notUsed && outcomes.length === 0) {
      this.#settle(item, 'notUsed', null, item.notUsed);
    } else {
      const outcome = WEIGHT.find((one) => outcomes.includes(one)) ?? 'unchanged';
      const told = why[outcome];
      this.#settle(item, outcome, null, told ? [fault(told, '/')] : []);
    }
  }

  #quarantine(item: Prepared, { step, product, errors, publisherOds }: Refusal): string {
    const id = item.entry ?? newId();
    (item.entry ? this.#again : this.#refused).push({
      id,
      product,
      source: item.arrival.source,
      sourceId: item.sourceId,
      publisherOds: item.publisherOds ?? publisherOds ?? ofRecord(item)?.publisherOds ?? null,
      step,
      errors,
      contentType: item.arrival.contentType,
      part: item.part,
      landing: item.joinedRoot ?? item.joinedRow?.key ?? item.landing?.key ?? null,
      landingAt: item.joinedRow?.at ?? null,
      payload:
        item.preamble === '' ? item.raw : Buffer.concat([Buffer.from(item.preamble), item.raw]),
      origin: null,
    });
    return id;
  }

  #settle(item: Prepared, outcome: Outcome, quarantineId: string | null, errors: Fault[]): void {
    const { index, sourceId, landing } = item;
    this.outcomes.push({ index, sourceId, outcome, ...(quarantineId && { quarantineId }), errors });
    if (landing) this.#landAs(item, landing, { outcome, quarantineId, errors });
    // A refused item's bytes are in its quarantine row, a joined one's in its parts; what changed nothing was landed before,
    // unless something is to be told of it.
    const isKnown = outcome === 'unchanged' && errors.length === 0;
    if (outcome !== 'quarantined' && !isKnown && !item.joinedRoot) this.#kept.push(item);
  }

  #landAs(
    item: Prepared,
    { key, digest, whileRefused }: NonNullable<Prepared['landing']>,
    became: Pick<Landed, 'outcome' | 'quarantineId' | 'errors'>,
  ): void {
    const name = key.toString('hex');
    const before = refusedBefore(item, this.landed);
    const isRefused = became.outcome === 'quarantined';
    if (!isRefused && before?.quarantineId) this.#taken.push(before.quarantineId);
    if (!isRefused && whileRefused) {
      // What this batch landed itself needs no forgetting.
      if (before && !this.#landings.delete(name)) this.#forgotten.push(key);
      this.#anew.delete(name);
      this.landed.set(name, null);
      return;
    }
    const landed = { digest, ...became, isOpen: true };
    this.landed.set(name, landed);
    if (before) this.#anew.set(name, { key, landed });
    else this.#landings.set(name, { key, landed });
  }

  /** Whether bytes of an item are to be kept as they came. */
  get keepsPayload(): boolean {
    return this.#kept.length > 0;
  }

  /** What is to be written for the items themselves. */
  statements(batchId: string, seal: Seal): Statement[] {
    return [
      ...(this.#forgotten.length > 0 ? [forgottenStatement(this.#forgotten)] : []),
      ...(this.#landings.size > 0 ? [landedStatement([...this.#landings.values()])] : []),
      ...(this.#kept.length > 0 ? [payloadStatement(batchId, this.#kept, seal)] : []),
      ...(this.#refused.length > 0 ? [quarantineStatement(this.#refused, seal)] : []),
      ...(this.#again.length > 0 ? [refusedAgainStatement(this.#again, seal)] : []),
      ...(this.#anew.size > 0 ? [landedAnewStatement([...this.#anew.values()])] : []),
      ...(this.#taken.length > 0 ? [takenStatement(this.#taken)] : []),
    ];
  }
}

/** The first change that is about more than how a person stands beside it. */
const ofRecord = ({ changes }: Prepared) => changes.find(({ change }) => change !== 'restriction');

const productOf = (item: Prepared): string =>
  item.refusal?.product ?? item.changes[0]?.product.id ?? '';

function refusalIn(item: Prepared, { product }: KeyedChange, found: Fault | Faulty): Refusal {
  const errors = found instanceof Faulty ? [...found.faults] : [found];
  const refused = { step: 'state', product: product.id, errors };
  return item.place ? atPlace(refused, item.place) : refused;
}
