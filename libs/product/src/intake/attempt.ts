import type { Statement } from '@caremesh/platform';
import type pg from 'pg';

import type { ItemOutcome } from '../define/source.js';
import { ringFor } from '../outbox/doorbell.js';
import { INSERT_OUTBOX, outboxParameters } from '../outbox/outbox.js';
import type { Seal } from '../sealing/seal.js';
import { Emitter } from '../state/emit.js';
import { readLastChanged, receivedStatements } from '../state/last-changed.js';
import { Left } from '../state/left.js';
import type { LiveProduct } from '../state/model.js';
import { loadWorld, worldStatements } from '../state/store.js';
import { Decision } from './decide.js';
import { newId } from './ids.js';
import { loadLanded, payloadStatement } from './landing.js';
import type { LandedMessages } from './landing.js';
import type { Prepared } from './prepare.js';

/**
 * What the units of one submission share: of those behind one that could not be stored none is, as each says that all before it are
 * (how far the submission has come, its answer), and what comes later in a file must not count before what comes earlier.
 */
export type Chain = { broken: Error | null };

/** Items that are committed together, with what else must be written if they are. */
export type Unit = {
  items: Prepared[];
  refuseReuse?: boolean;
  chain?: Chain;
  /** Statements that stand or fall with the items: a receipt, the progress of a long submission. */
  also?: (outcomes: ItemOutcome[]) => Statement[];
};

type Parts = { domainKey: Uint8Array; seal: Seal; products: () => readonly LiveProduct[] };

/** One go at a transaction: what is to be written, and what is true if it is. */
export type Attempt = {
  /** That of its payload. */
  id: string;
  outcomes: ItemOutcome[];
  statements: Statement[];
  left: Left;
  landed: LandedMessages;
};

/** Decides units one after the other on what is stored; where `before` is on its way, on what that leaves. Writes nothing. */
export async function decideUnits(
  client: pg.Client,
  units: readonly Unit[],
  { domainKey, seal, products }: Parts,
  before?: Attempt,
): Promise<Attempt> {
  const items = units.flatMap((unit) => unit.items);
  const changes = items.flatMap((item) => item.changes);
  const [world, landed] = await Promise.all([
    loadWorld(client, changes, before?.left),
    loadLanded(client, items, before?.landed),
  ]);
  if (changes.some(({ receivedAt }) => receivedAt !== undefined))
    await readLastChanged(client, world, before?.left);
  const emitter = new Emitter(domainKey, products(), Date.now());
  const decision = new Decision(world, emitter, landed);
  const also: Statement[] = [];
  for (const unit of units) {
    const from = decision.outcomes.length;
    for (const item of unit.items) await decision.decide(item, unit.refuseReuse ?? false);
    also.push(...(unit.also?.(decision.outcomes.slice(from)) ?? []));
  }
  const id = newId();
  const statements = [
    ...worldStatements(world),
    ...receivedStatements(world),
    ...decision.statements(id, seal),
    ...also,
  ];
  // By its payload it is known whether it was committed: what keeps none writes an empty one.
  if (statements.length > 0 && !decision.keepsPayload)
    statements.push(payloadStatement(id, [], seal));
  if (emitter.rows.length > 0) {
    statements.push(
      { ...INSERT_OUTBOX, values: outboxParameters(emitter.rows) },
      ringFor(emitter.rows),
    );
  }
  return { id, outcomes: decision.outcomes, statements, left: new Left(world), landed };
}

/** Which of several goes at a batch was committed, if one was. */
export async function storedOf(
  client: pg.Client,
  attempts: readonly Attempt[],
): Promise<Attempt | undefined> {
  if (attempts.length === 0) return undefined;
  const found = await client.query<{ id: string }>(
    `SELECT id FROM payload WHERE id = ANY($1::text[])`,
    [attempts.map(({ id }) => id)],
  );
  return attempts.find((one) => found.rows.some(({ id }) => id === one.id));
}
