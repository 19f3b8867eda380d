import { Faulty } from '@caremesh/product';
import type { Fault, SourceItem } from '@caremesh/product';
import { labelledAreRefused } from '@caremesh/testing';
import { toMedicationStatement } from './products/medication-statement/map.js';
import type { MedicineEntry } from './sources/fhir/medicine-entry.js';
import { fhir } from './sources/fhir.js';

labelledAreRefused('gp', async ({ contentType }, body) => {
  const codes: string[][] = [];
  for await (const item of fhir.read({ contentType, body: body(), environment: 'test' }))
    codes.push(faultsOf(item).map(({ code }) => code));
  return codes;
});

function faultsOf(item: SourceItem<MedicineEntry>): readonly Fault[] {
  if (item.outcome) return item.outcome === 'quarantined' ? item.errors : [];
  const mapped = toMedicationStatement(item.record);
  return mapped instanceof Faulty ? mapped.faults : [];
}
