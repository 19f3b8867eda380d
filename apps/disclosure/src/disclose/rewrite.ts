import { headers as ce, keys } from '@caremesh/contract';
import { withSchemaId } from '@caremesh/product';

import type { ViewPlan } from '../views/plan.js';
import type { ProductReceived } from './product-record.js';

/** A record of a view, ready for the outbox. */
export type Outgoing = {
  topics: [string];
  key: string;
  value: Buffer | null;
  headers: [string, string][];
};

/** What a record gets from the view it goes into. */
export type Place = {
  person: string;
  /** Pseudonym of the survivor, for the old side of a merge. */
  survivor: string | null;
  sequence: number;
  now: Date;
  traceparent: string;
};

const { HEADERS } = ce;

/**
 * One record as its recipient gets it. The value holds what the view's own schema names, each field treated; person, record id, survivor and the time of recording are put in place of the publisher's.
 */
export function rewrite(
  plan: ViewPlan,
  registryUrl: string,
  record: ProductReceived,
  place: Place,
): Outgoing {
  const recordId = plan.names.record(plan.product, record.key.record);
  return {
    topics: [plan.topic],
    key: keys.messageKey(place.person, recordId),
    value: record.value === null ? null : valueOf(plan, record.value, place, recordId),
    headers: headersOf(plan, registryUrl, record, place),
  };
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
  return withSchemaId(plan.schemaId, plan.encode(shaped));
}

function headersOf(
  plan: ViewPlan,
  registryUrl: string,
  record: ProductReceived,
  { sequence, now, traceparent }: Place,
): [string, string][] {
  const { envelope } = record;
  const disclosed = now.toISOString();
  const recorded = (plan.recordedByPublisher ? envelope.recordedTime : null) ?? disclosed;
  const headers: [string, string][] = [
    [HEADERS.specVersion, ce.SPEC_VERSION],
    [HEADERS.id, plan.names.event(envelope.id)],
    [HEADERS.type, ce.ceType(plan.product, changeOf(record), plan.major)],
    [HEADERS.time, sourceTime(plan, record) ?? recorded],
    [HEADERS.dataSchema, ce.ceDataSchema(registryUrl, plan.schemaId)],
    [HEADERS.recordedTime, recorded],
    [HEADERS.sequence, String(sequence)],
    [HEADERS.recordRevision, String(Math.max(envelope.revision, 0))],
    [HEADERS.traceParent, traceparent],
    [HEADERS.contentType, ce.CONTENT_TYPE],
  ];
  // A tombstone names nobody: whoever ended the record, it looks the same.
  if (plan.showsPublisher && envelope.source !== null && record.value !== null) {
    headers.splice(2, 0, [HEADERS.source, envelope.source]);
  }
  return headers;
}

/** The time of the source's event, if the grant has it; contracts keep it as it is or leave it out. */
function sourceTime(plan: ViewPlan, { value, envelope }: ProductReceived): string | null {
  if (!plan.showsSourceTime || value === null || value.sourceSystemUpdatedAt === null) return null;
  return envelope.time;
}

const CHANGES = {
  created: 'CREATED',
  updated: 'UPDATED',
  retracted: 'RETRACTED',
  merged: 'MERGED',
} as const;

/** A tombstone says the same in its type whatever ended the record. */
function changeOf({ change }: ProductReceived) {
  return change === 'deleted' ? 'RETRACTED' : CHANGES[change];
}
