import {
  defineSource,
  fault,
  IntakeRefused,
  type SourceInput,
  type SourceItem,
} from '@caremesh/product';
import { Assembly } from './fhir/assembly.js';
import { entriesOfJson, entriesOfLines } from './fhir/entries.js';
import type { MedicineEntry } from './fhir/medicine-entry.js';

/** FHIR R4 (UK Core): a Bundle of any type or one resource, or a file of resources, one on each line. */
export const fhir = defineSource<MedicineEntry>({
  name: 'fhir',
  method: 'http',
  contentTypes: ['application/fhir+json', 'application/fhir+ndjson'],
  maxBytes: 512 * 1024 * 1024,
  restricts: true,
  read,
});

async function* read(input: SourceInput): AsyncGenerator<SourceItem<MedicineEntry>> {
  if (input.charset && !/^(?:utf-?8|us-ascii)$/i.test(input.charset))
    throw new IntakeRefused(fault('encodingUnknown', ''));
  if (/fhirVersion\s*=\s*"?(?!4\.)/i.test(input.contentType))
    throw new IntakeRefused(fault('fhirVersionNotTaken', ''));
  const lines = /^application\/fhir\+ndjson\b/i.test(input.contentType.trim());
  const assembly = new Assembly(input.environment);
  for await (const entry of lines ? entriesOfLines(input.body) : entriesOfJson(input.body))
    yield* assembly.add(entry);
  yield* assembly.end();
}
