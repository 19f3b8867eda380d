import { Faulty } from '@caremesh/product';
import type { Fault, SourceItem } from '@caremesh/product';
import { labelledAreRefused } from '@caremesh/testing';
import { toInpatientSpell } from './products/inpatient-spell/map.js';
import type { AdtMessage } from './sources/adt-message.js';
import { adt } from './sources/adt.js';

labelledAreRefused('acute', async ({ contentType }, body) => {
  const codes: string[][] = [];
  for await (const item of adt.read({ contentType, body: body(), environment: 'test' }))
    codes.push(faultsOf(item).map(({ code }) => code));
  return codes;
});

function faultsOf(item: SourceItem<AdtMessage>): readonly Fault[] {
  if (item.outcome) return item.outcome === 'quarantined' ? item.errors : [];
  const mapped = toInpatientSpell(item.record);
  return mapped instanceof Faulty ? mapped.faults : [];
}
