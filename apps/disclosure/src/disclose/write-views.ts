import type { WrittenRecord } from '@caremesh/product';
import type { ClientBase } from 'pg';

import { noteEnded } from '../withdrawal/note.js';
import type { Ended } from '../withdrawal/note.js';
import type { ViewPlan } from '../views/plan.js';
import { partFrom } from '../withdrawal/withdraw.js';
import { dropMerges, keepMerge, toldOf, viewsNaming } from './merges.js';
import type { ByView } from './by-view.js';
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
  const untold = await dropMerges(client, news.flatMap(endsOf));
  const named = news.flatMap(survivorsOf);
  const survivors = await peopleOf(client, named);
  const told = await toldOf(client, named);
  const waits = (viewId: number, record: ProductReceived): record is Merged =>
    isMerge(record) &&
    (told.get(viewId, record.survivor) === undefined ||
      survivors.of(viewId, record.survivor) === undefined);
  const ready = news.map(({ records, ...view }) => ({
    ...view,
    held: records.filter((record) => waits(view.viewId, record)),
    records: toldTo(view.viewId, records, untold).filter((record) => !waits(view.viewId, record)),
  }));
  const people = await reserve(client, ready.flatMap(wantedOf));
  const ended: Ended[] = [];
  const all: WrittenRecord[] = [];
  for (const { held, ...writing } of ready) {
    const now = momentOf(writing.plan);
    const common = { now, nowText: now.toISOString() };
    await hold(client, { ...writing, records: held }, people, common);
    all.push(...(await written(client, writing, { people, survivors }, common, ended)));
  }
  // One that came and ended in the same batch was kept meanwhile.
  if (named.length > 0) await dropMerges(client, news.flatMap(endsOf));
  await noteEnded(client, ended);
  return [...all, ...(await withoutSurvivors(client, news))];
}

/** Of a merge that waited the recipient has nothing, and so is not told that it is gone. */
function toldTo(viewId: number, records: readonly ProductReceived[], untold: ByView<boolean>) {
  const isUntold = ({ change, key }: ProductReceived) =>
    change === 'deleted' && untold.get(viewId, key.text) !== undefined;
  if (!records.some(isUntold)) return records;
  const again = new Set(records.filter(isMerge).map(({ key }) => key.text));
  return records.filter((record) => !isUntold(record) || again.has(record.key.text));
}

/** Merges whose survivor the view tells nothing of wait there. */
async function hold(
  client: ClientBase,
  { viewId, plan, records }: Writing & { records: readonly Merged[] },
  people: ViewPeople,
  common: Common,
): Promise<void> {
  for (const record of records) {
    const person = people.of(viewId, record.key.person)?.pseudonym;
    if (person === undefined) continue;
    const traceparent = tracesOf(1)(0);
    const place = { ...common, traceparent, person, sequence: 0, survivor: null };
    await keepMerge(client, viewId, record, rewrite(plan, record, place), false);
  }
}

async function written(
  client: ClientBase,
  { viewId, plan, records }: Writing,
  { people, survivors }: { people: ViewPeople; survivors: ViewPeople },
  common: Common,
  ended: Ended[],
): Promise<WrittenRecord[]> {
  const traces = tracesOf(records.length);
  const all: WrittenRecord[] = [];
  for (const [at, record] of records.entries()) {
    const person = people.of(viewId, record.key.person);
    if (person === undefined) continue;
    const survivor = survivorOf(record);
    const rewritten = rewrite(plan, record, {
      ...common,
      ...next(person),
      traceparent: traces(at),
      survivor: survivor === null ? null : (survivors.of(viewId, survivor)?.pseudonym ?? null),
    });
    if (record.change === 'deleted') {
      ended.push({ viewId, sourceKey: record.key.text, key: rewritten.key });
    } else if (isMerge(record)) {
      await keepMerge(client, viewId, record, rewritten, true);
    }
    all.push(outgoing(plan, rewritten));
  }
  return all;
}

/** What names somebody as a survivor whose last record ended in this batch ends with it. */
async function withoutSurvivors(
  client: ClientBase,
  news: readonly Writing[],
): Promise<WrittenRecord[]> {
  const gone = news.flatMap(({ viewId, plan, records }) => {
    const ends = records.filter(({ change }) => change === 'deleted');
    const people = [...new Set(ends.map(({ key }) => key.person))];
    return people.length > 0 ? [{ viewId, plan, people }] : [];
  });
  const pairs = gone.flatMap(({ viewId, people }) => people.map((person) => ({ viewId, person })));
  const naming = await viewsNaming(client, pairs);
  const all: WrittenRecord[] = [];
  for (const { viewId, plan, people } of gone)
    if (naming.has(viewId)) all.push(...(await partFrom(client, viewId, plan, people)));
  return all;
}

/** How many numbers each person needs, and the pseudonym of those whom a record of the batch identifies; what waits needs none yet. */
function wantedOf({ viewId, plan, records, held }: Writing & { held: readonly Merged[] }) {
  const wanted = new Map<string, Wanted>();
  const want = (record: ProductReceived, more: number) => {
    const { person } = record.key;
    const one = wanted.get(person);
    if (one === undefined) {
      wanted.set(person, { viewId, person, pseudonym: plan.names.person(record), count: more });
    } else {
      one.pseudonym ??= plan.names.person(record);
      one.count += more;
    }
  };
  for (const record of records) want(record, 1);
  // They are known from now on: should they choose against it, the merge is not to be told either.
  for (const record of held) want(record, 0);
  return [...wanted.values()];
}

/** Records of which the last that the batch says is that they ended. */
function endsOf({ viewId, records }: Writing): { viewId: number; key: string }[] {
  if (records.every(({ change }) => change !== 'deleted')) return [];
  const last = new Map(records.map(({ key, change }) => [key.text, change]));
  return [...last].flatMap(([key, change]) => (change === 'deleted' ? [{ viewId, key }] : []));
}

const survivorsOf = ({ viewId, records }: Writing): { viewId: number; person: string }[] =>
  records.flatMap((record) => {
    const person = survivorOf(record);
    return person === null ? [] : [{ viewId, person }];
  });

const survivorOf = (record: ProductReceived): string | null =>
  record.change === 'merged' ? record.survivor : null;

const isMerge = (record: ProductReceived): record is Merged & { survivor: string } =>
  survivorOf(record) !== null;

function next(person: ViewPerson): { person: string; sequence: number } {
  person.sequence += 1;
  return { person: person.pseudonym, sequence: person.sequence };
}
