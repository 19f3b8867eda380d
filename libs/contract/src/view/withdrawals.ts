import { viewNamespace } from '../envelope/names.js';

/**
 * The Avro schema of what a grant's recipient is told of records that ended: on `share.<grant>.withdrawals.v1`, the same
 * event and words whatever ended them.
 */
export function withdrawalsSchema(grantId: string): object {
  return {
    type: 'record',
    name: 'NoLongerAvailable',
    namespace: viewNamespace(grantId),
    doc: 'These records are no longer available for this use. Why is not told, and is the same event for every cause.',
    fields: [
      { name: 'view', doc: 'Topic of the view that the records were in.', type: 'string' },
      {
        name: 'recordedAt',
        doc: 'When this was told.',
        type: { type: 'long', logicalType: 'timestamp-millis' },
      },
      {
        name: 'erase',
        doc: 'A term of the grant: copies of these records must be erased. Otherwise they must be used no more.',
        type: 'boolean',
      },
      {
        name: 'people',
        doc: 'Whose records.',
        type: {
          type: 'array',
          items: {
            type: 'record',
            name: 'PersonNoLongerAvailable',
            fields: [
              { name: 'person', doc: 'Pseudonym of the person, as in the view.', type: 'string' },
              {
                name: 'recordIds',
                doc: 'Ids of the records, as in the view.',
                type: { type: 'array', items: 'string' },
              },
            ],
          },
        },
      },
    ],
  };
}
