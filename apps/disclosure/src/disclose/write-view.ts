import { randomBytes } from 'node:crypto';

import type { ClientBase } from 'pg';

import { noteEnded } from '../withdrawal/note.js';
import type { Ended } from '../withdrawal/note.js';
import type { View } from '../views/view-store.js';
import type { ViewPlan } from '../views/plan.js';
import { holdMerge } from './merges.js';
import type { ProductReceived } from './product-record.js';
import { rewrite } from './rewrite.js';
import type { Outgoing } from './rewrite.js';
import { pseudonymsOf, reserve, takeSteps } from './view-state.js';
import type { ViewPerson } from './view-state.js';

type Merged = Extract<ProductReceived, { change: 'merged' }>;

/** What a batch becomes in one view: its state is written in the transaction, its records are given back for the outbox. */
export async function writeView(
  client: ClientBase,
  view: View,
  plan: ViewPlan,
  registryUrl: string,
  records: readonly ProductReceived[],
): Promise<Outgoing[]> {
  const steps = await takeSteps(client, view.id, records);
  if (steps.length === 0) return [];
  const survivors = await pseudonymsOf(client, view.id, survivorsOf(steps));
  const waits = (record: ProductReceived): record is Merged =>
    record.change === 'merged' && record.survivor !== null && !survivors.has(record.survivor);
  const held = steps.filter(waits);
  const ready = steps.filter((record) => !waits(record));
  const people = await reserve(client, view.id, wantedOf(plan, ready));
  const common = { now: new Date(), traceparent: newTraceparent() };
  for (const record of held) {
    const person = plan.names.person(record) ?? people.get(record.key.person)?.pseudonym;
    if (person === undefined) continue;
    const place = { ...common, person, sequence: 0, survivor: null };
    await holdMerge(client, view.id, record, rewrite(plan, registryUrl, record, place));
  }
  const ended: Ended[] = [];
  const outgoing = ready.flatMap((record) => {
    const person = people.get(record.key.person);
    if (person === undefined) return [];
    const place = { ...common, ...next(person), survivor: survivorOf(record, survivors) };
    const rewritten = rewrite(plan, registryUrl, record, place);
    if (record.change === 'deleted') {
      const { key, envelope } = record;
      ended.push({ sourceKey: key.text, key: rewritten.key, revision: envelope.revision });
    }
    return [rewritten];
  });
  await noteEnded(client, view.id, ended);
  return outgoing;
}

/** How many numbers each person needs, and the pseudonym of those whom a record of the batch identifies. */
function wantedOf(plan: ViewPlan, records: readonly ProductReceived[]) {
  const wanted = new Map<string, { pseudonym: string | null; count: number }>();
  for (const record of records) {
    const { person } = record.key;
    const held = wanted.get(person);
    const pseudonym = held?.pseudonym ?? plan.names.person(record);
    wanted.set(person, { pseudonym, count: (held?.count ?? 0) + 1 });
  }
  return wanted;
}

function survivorsOf(records: readonly ProductReceived[]): string[] {
  return records.flatMap((record) =>
    record.change === 'merged' && record.survivor !== null ? [record.survivor] : [],
  );
}

function survivorOf(
  record: ProductReceived,
  survivors: ReadonlyMap<string, string>,
): string | null {
  if (record.change !== 'merged' || record.survivor === null) return null;
  return survivors.get(record.survivor) ?? null;
}

function next(person: ViewPerson): { person: string; sequence: number } {
  person.sequence += 1;
  return { person: person.pseudonym, sequence: person.sequence };
}

/** W3C trace context of the disclosure itself; the publisher's would tell two recipients that they hold one event. */
function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
