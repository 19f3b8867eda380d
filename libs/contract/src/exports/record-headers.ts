import { CHANGE_TYPES, CONTENT_TYPE, HEADERS, SPEC_VERSION, ceType } from '../envelope/headers.js';
import type { DataContract } from '../promise/data-contract.js';

const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });

/** JSON Schema of the headers of a governance event: the same attributes, but those that only a record has. */
export function eventHeaders(): Record<string, unknown> {
  const properties = {
    [HEADERS.specVersion]: text('Version of CloudEvents.', { const: SPEC_VERSION }),
    [HEADERS.id]: text('Identifies the event; the same when it is told again.'),
    [HEADERS.source]: text('Who tells it.', { const: 'urn:caremesh:governance' }),
    [HEADERS.type]: text('What happened: caremesh.mesh.<type>.v1, with the type of the record.'),
    [HEADERS.time]: text('When it was committed.', { format: 'date-time' }),
    [HEADERS.dataSchema]: text('Where the schema can be read.', { format: 'uri' }),
    [HEADERS.recordedTime]: text('When it was committed.', { format: 'date-time' }),
    [HEADERS.contentType]: text('Media type of the value.', { const: CONTENT_TYPE }),
  };
  return { type: 'object', required: Object.keys(properties), properties };
}

/** JSON Schema of a record's headers: CloudEvents 1.0 in Kafka's binary mode. All are text. */
export function recordHeaders(
  { product, major }: DataContract,
  schemaId: number | null,
): Record<string, unknown> {
  const types = CHANGE_TYPES.flatMap((change) =>
    change === 'UNKNOWN' ? [] : [ceType(product, change, major)],
  );
  return {
    type: 'object',
    required: Object.values(HEADERS).filter((name) => name !== HEADERS.traceParent),
    properties: {
      [HEADERS.specVersion]: text('Version of CloudEvents.', { const: SPEC_VERSION }),
      [HEADERS.id]: text('Identifies the event; the same when it is sent again.'),
      [HEADERS.source]: text('Publisher, as urn:ods:<code>.', { format: 'uri' }),
      [HEADERS.type]: text('What happened to the record.', { enum: types }),
      [HEADERS.time]: text('When it happened in the source.', { format: 'date-time' }),
      [HEADERS.dataSchema]: text(
        schemaId === null
          ? 'Where the schema can be read.'
          : `Where the schema can be read; ${schemaId} is the newest approved id.`,
        { format: 'uri' },
      ),
      [HEADERS.recordedTime]: text('When the publisher recorded it.', { format: 'date-time' }),
      [HEADERS.sequence]: text('Grows with every event of a person.', { pattern: '^[0-9]+$' }),
      [HEADERS.recordRevision]: text('Grows with every new state of a record.', {
        pattern: '^[0-9]+$',
      }),
      [HEADERS.traceParent]: text('W3C trace context.'),
      [HEADERS.contentType]: text('Media type of the value.', { const: CONTENT_TYPE }),
    },
  };
}
