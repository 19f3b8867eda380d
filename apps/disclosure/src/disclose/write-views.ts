import type { WrittenRecord } from '@caremesh/product';
import type { ClientBase } from 'pg';

import { noteEnded } from '../withdrawal/note.js';
import type { Ended } from '../withdrawal/note.js';
import type { ViewPlan } from '../views/plan.js';
import { dropWaiting, holdMerge } from './merges.js';
import type { ProductReceived } from './product-record.js';
import { momentOf, outgoing, rewrite } from './rewrite.js';
import type { Place } from './rewrite.js';
import { tracesOf } from './traces.js';
import { peopleOf, reserve } from './view-people.js';
import type { ViewPeople, ViewPerson, Wanted } from './view-people.js';
import { takeSteps } from './view-state.js';
import type { ForView } from './view-state.js';

type Merged = Extract<ProductReceived, { change: 'merged' }>;

/** What of a batch one view may get, and how it is written there. */
export type Writing = ForView & { plan: ViewPlan };

/** What all records of a batch have in common in one view. */
type Common = Pick<Place, 'now' | 'nowText'>;

/**
 * What a batch becomes in each view: their state is written in the transaction, their records are given back for the
 * outbox, in the order of the views. `fills`: the batch fills the one view there is.
 */
export async function writeViews(
  client: ClientBase,
  writings: readonly Writing[],
  fills = false,
): Promise<WrittenRecord[]> {
  const steps = await takeSteps(client, writings, fills);
  const news = writings
    .map((writing, at) => ({ ...writing, records: steps[at]! }))
    .filter(({ records }) => records.length > 0);
  const survivors = await peopleOf(client, news.flatMap(survivorsOf));
  const waits = (viewId: number, record: ProductReceived): record is Merged =>
    record.change === 'merged' &&
    record.survivor !== null &&
    survivors.of(viewId, record.survivor) === undefined;
  const ready = news.map(({ records, ...view }) => ({
    ...view,
    held: records.filter((record) => waits(view.viewId, record)),
    records: records.filter((record) => !waits(view.viewId, record)),
  }));
  const people = await reserve(client, ready.flatMap(wantedOf));
  const ended: Ended[] = [];
  const all: WrittenRecord[] = [];
  for (const { held, ...writing } of ready) {
    const now = momentOf(writing.plan);
    const common = { now, nowText: now.toISOString() };
    await hold(client, { ...writing, records: held }, people, common);
    all.push(...written(writing, { people, survivors }, common, ended));
  }
  await dropWaiting(client, news.flatMap(endsOf));
  await noteEnded(client, ended);
  return all;
}

/** Merges whose survivor the view does not know yet wait there. */
async function hold(
  client: ClientBase,
  { viewId, plan, records }: Writing & { records: readonly Merged[] },
  people: ViewPeople,
  common: Common,
): Promise<void> {
  for (const record of records) {
    const person = plan.names.person(record) ?? people.of(viewId, record.key.person)?.pseudonym;
    if (person === undefined) continue;
    const traceparent = tracesOf(1)(0);
    const place = { ...common, traceparent, person, sequence: 0, survivor: null };
    await holdMerge(client, viewId, record, rewrite(plan, record, place));
  }
}

function written(
  { viewId, plan, records }: Writing,
  { people, survivors }: { people: ViewPeople; survivors: ViewPeople },
  common: Common,
  ended: Ended[],
): WrittenRecord[] {
  const traces = tracesOf(records.length);
  return records.flatMap((record, at) => {
    const person = people.of(viewId, record.key.person);
    if (person === undefined) return [];
    const survivor = survivorOf(record);
    const rewritten = rewrite(plan, record, {
      ...common,
      ...next(person),
      traceparent: traces(at),
      survivor: survivor === null ? null : (survivors.of(viewId, survivor)?.pseudonym ?? null),
    });
    if (record.change === 'deleted') {
      ended.push({ viewId, sourceKey: record.key.text, key: rewritten.key });
    }
    return [outgoing(plan, rewritten)];
  });
}

/** How many numbers each person needs, and the pseudonym of those whom a record of the batch identifies. */
function wantedOf({ viewId, plan, records }: Writing): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const record of records) {
    const { person } = record.key;
    const one = wanted.get(person);
    if (one === undefined) {
      wanted.set(person, { viewId, person, pseudonym: plan.names.person(record), count: 1 });
    } else {
      one.pseudonym ??= plan.names.person(record);
      one.count += 1;
    }
  }
  return [...wanted.values()];
}

const endsOf = ({ viewId, records }: Writing): { viewId: number; key: string }[] =>
  records.flatMap(({ change, key }) => (change === 'deleted' ? [{ viewId, key: key.text }] : []));

const survivorsOf = ({ viewId, records }: Writing): { viewId: number; person: string }[] =>
  records.flatMap((record) => {
    const person = survivorOf(record);
    return person === null ? [] : [{ viewId, person }];
  });

const survivorOf = (record: ProductReceived): string | null =>
  record.change === 'merged' ? record.survivor : null;

function next(person: ViewPerson): { person: string; sequence: number } {
  person.sequence += 1;
  return { person: person.pseudonym, sequence: person.sequence };
}
