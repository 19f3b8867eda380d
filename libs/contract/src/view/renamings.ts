import { viewNamespace } from '../envelope/names.js';

/**
 * The Avro schema of what a grant's recipient is told once when its pseudonyms change by decision: on
 * `share.<grant>.renamings.v1`, each person by the name they had and the name they have.
 */
export function renamingsSchema(grantId: string): object {
  return {
    type: 'record',
    name: 'Renamed',
    namespace: viewNamespace(grantId),
    doc: 'These people have other pseudonyms in the new generation of a view. Told once, to this recipient alone.',
    fields: [
      { name: 'before', doc: 'Topic of the view that is ended.', type: 'string' },
      { name: 'view', doc: 'Topic of the view in its place.', type: 'string' },
      {
        name: 'recordedAt',
        doc: 'When this was told.',
        type: { type: 'long', logicalType: 'timestamp-millis' },
      },
      { name: 'part', doc: 'Which part of the list this is, from 1.', type: 'long' },
      { name: 'parts', doc: 'How many parts the list has.', type: 'long' },
      {
        name: 'people',
        doc: 'Everybody who is in both views.',
        type: {
          type: 'array',
          items: {
            type: 'record',
            name: 'PersonRenamed',
            fields: [
              { name: 'before', doc: 'Pseudonym in the view that is ended.', type: 'string' },
              { name: 'person', doc: 'Pseudonym in the view in its place.', type: 'string' },
            ],
          },
        },
      },
    ],
  };
}
