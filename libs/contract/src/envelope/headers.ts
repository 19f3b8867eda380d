/** CloudEvents 1.0 in Kafka's binary mode: the record's value is untouched Avro, what it is stands in headers. */
export const HEADERS = {
  specVersion: 'ce_specversion',
  id: 'ce_id',
  source: 'ce_source',
  type: 'ce_type',
  time: 'ce_time',
  dataSchema: 'ce_dataschema',
  recordedTime: 'ce_recordedtime',
  sequence: 'ce_sequence',
  recordRevision: 'ce_recordrevision',
  traceParent: 'traceparent',
  contentType: 'content-type',
} as const;

/** Headers added to a record that a consumer could not take; its key and value stay byte for byte. */
export const DEAD_LETTER_HEADERS = {
  topic: 'origin-topic',
  partition: 'origin-partition',
  offset: 'origin-offset',
  timestamp: 'origin-timestamp',
  errorCode: 'error-code',
  errorStep: 'error-step',
} as const;

export const SPEC_VERSION = '1.0';
export const CONTENT_TYPE = 'avro/binary';

/** `changeType` of every product record. An enum the mesh owns, so it has the default symbol UNKNOWN. */
export const CHANGE_TYPES = ['CREATED', 'UPDATED', 'RETRACTED', 'MERGED', 'UNKNOWN'] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** `caremesh.gp.medication-statement.updated.v1` */
export function ceType(
  product: string,
  change: Exclude<ChangeType, 'UNKNOWN'>,
  major: number,
): string {
  return `caremesh.${product}.${change.toLowerCase()}.v${major}`;
}

/** `urn:ods:A81001` */
export function ceSource(ods: string): string {
  return `urn:ods:${ods}`;
}

/** Where the schema of a record can be read. */
export function ceDataSchema(registryUrl: string, schemaId: number): string {
  return `${registryUrl}/schemas/ids/${schemaId}`;
}
