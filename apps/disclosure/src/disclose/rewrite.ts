import { keys } from '@caremesh/contract';
import { momentOn } from '@caremesh/product';
import type { RecordEnvelope, WrittenRecord } from '@caremesh/product';

import type { ViewPlan } from '../views/plan.js';
import type { ProductReceived } from './product-record.js';

/** What a record gets from the view it goes into. */
export type Place = {
  person: string;
  /** Pseudonym of the survivor, for the old side of a merge. */
  survivor: string | null;
  sequence: number;
  /** When it is disclosed; the text is the same moment, made once for a batch. */
  now: Date;
  nowText: string;
  traceparent: string;
};

/** When a view tells what it tells now; one under the publisher's own names and times is told apart by nothing. */
export function momentOf(plan: ViewPlan): Date {
  const now = Date.now();
  return new Date(plan.recordedByPublisher ? now : momentOn(plan.topic, now));
}

/**
 * One record as its recipient gets it. The value holds what the view's own schema names, each field treated; person,
 * record id, survivor and the time of recording are put in place of the publisher's.
 */
export function rewrite(plan: ViewPlan, record: ProductReceived, place: Place): RecordEnvelope {
  const recordId = plan.names.record(plan.product, record.key.record);
  const { envelope, value } = record;
  const recorded = (plan.recordedByPublisher ? envelope.recordedTime : null) ?? place.nowText;
  return {
    key: keys.messageKey(place.person, recordId),
    value: value === null ? null : valueOf(plan, value, place, recordId),
    change: changeOf(record),
    eventId: plan.names.event(envelope.id),
    // A tombstone names nobody: whoever ended the record, it looks the same.
    publisherOds: plan.showsPublisher && value !== null ? value.publisherOds : null,
    time: sourceTime(plan, record) ?? recorded,
    recordedTime: recorded,
    sequence: place.sequence,
    revision: Math.max(envelope.revision, 0),
    traceparent: place.traceparent,
  };
}

/** Ready for the outbox: the bytes that will stand in the view's topic. */
export function outgoing(plan: ViewPlan, record: RecordEnvelope): WrittenRecord {
  const { key } = record;
  const person = key.slice(0, key.indexOf('.'));
  return { topics: [plan.topic], person, body: plan.writer.body(record) };
}

function valueOf(
  plan: ViewPlan,
  value: NonNullable<ProductReceived['value']>,
  { person, survivor, now }: Place,
  recordId: string,
): Buffer {
  const shaped = plan.shape(value, now);
  shaped['person'] = person;
  shaped['recordId'] = recordId;
  shaped['survivorKey'] = survivor;
  // Made here, not taken over: the publisher's own recording time, to the millisecond, would join two recipients.
  if (!plan.recordedByPublisher) shaped['recordedAt'] = now.getTime();
  return plan.encode(shaped);
}

/**
 * The time of the source's event, if the grant has it; contracts keep it as it is or leave it out. Made of the field that was granted: the
 * publisher's header is a text that nothing held against the contract.
 */
function sourceTime(plan: ViewPlan, { value }: ProductReceived): string | null {
  if (!plan.showsSourceTime || value === null || value.sourceSystemUpdatedAt === null) return null;
  const at = new Date(value.sourceSystemUpdatedAt);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

const CHANGES = {
  created: 'CREATED',
  updated: 'UPDATED',
  retracted: 'RETRACTED',
  merged: 'MERGED',
  // A tombstone says the same in its type whatever ended the record.
  deleted: 'RETRACTED',
} as const;

const changeOf = ({ change }: ProductReceived) => CHANGES[change];
