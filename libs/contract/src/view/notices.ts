import { viewNamespace } from '../envelope/names.js';

/**
 * The Avro schema of what a grant's recipient is told of the grant itself, on `share.<grant>.notices.v1`: what stands on its
 * timeline too, in the same words.
 */
export function noticesSchema(grantId: string): object {
  return {
    type: 'record',
    name: 'GrantNotice',
    namespace: viewNamespace(grantId),
    doc: 'Something about the grant that its recipient should know. What is true now is what the governance API answers.',
    fields: [
      {
        name: 'type',
        doc: 'What it is about: grant.version-published, grant.expiring, grant.review-due. A consumer passes over types it does not know.',
        type: 'string',
      },
      {
        name: 'recordedAt',
        doc: 'When it was written on the timeline of the grant.',
        type: { type: 'long', logicalType: 'timestamp-millis' },
      },
      {
        name: 'sentence',
        doc: 'What is told, in words; null where the type says all.',
        type: ['null', 'string'],
        default: null,
      },
      {
        name: 'data',
        doc: 'Particulars as a JSON object, by type: the product, its version, dates. Never anything from a record about a person.',
        type: 'string',
      },
    ],
  };
}
