import type { Change } from '@caremesh/product';
import { organisation } from '../../organisation.js';
import type { {{Record}}Row } from '../../sources/{{product}}.js';
import type { {{Record}} } from './record.gen.js';

/** A row as a record. Pure: the same row always gives the same change. */
export function map{{Record}}(row: {{Record}}Row): Change<{{Record}}>[] {
  return [
    {
      change: 'upsert',
      sourceRecordId: row.recordId,
      person: row.person,
      publisherOds: organisation.ods,
      at: null,
      content: { localRecordIdentifier: row.recordId, eventDate: row.date, status: row.status },
    },
  ];
}
