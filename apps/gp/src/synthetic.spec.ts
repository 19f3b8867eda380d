import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Faulty, IntakeRefused } from '@caremesh/product';
import type { Fault, SourceItem } from '@caremesh/product';
import { writeSources } from '@caremesh/synthetic';
import type { Label } from '@caremesh/synthetic';
import { afterAll, expect, it } from 'vitest';
import { toMedicationStatement } from './products/medication-statement/map.js';
import type { MedicineEntry } from './sources/fhir/medicine-entry.js';
import { fhir } from './sources/fhir.js';

const outDir = mkdtempSync(join(tmpdir(), 'caremesh-gp-'));
afterAll(() => rmSync(outDir, { recursive: true }));

/** Code lists are the contract's: they are checked on the mapped record. */
const CHECKED_LATER = 'unknown-code';

const { files, labels } = writeSources({
  seed: 'gp',
  people: 150,
  outDir,
  faultShare: 0.1,
});
const expected = readFileSync(join(outDir, labels), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Label)
  .filter(({ setting, kind }) => setting === 'gp' && kind !== CHECKED_LATER);

function faultsOf(item: SourceItem<MedicineEntry>): readonly Fault[] {
  if (item.outcome) return item.outcome === 'quarantined' ? item.errors : [];
  const mapped = toMedicationStatement(item.record);
  return mapped instanceof Faulty ? mapped.faults : [];
}

async function codesOf(file: string, contentType: string): Promise<string[][]> {
  async function* body() {
    yield readFileSync(join(outDir, file));
  }
  const codes: string[][] = [];
  for await (const item of fhir.read({ contentType, body: body(), environment: 'test' }))
    codes.push(faultsOf(item).map(({ code }) => code));
  return codes;
}

it.each(files.filter(({ setting }) => setting === 'gp'))(
  '$file: every good resource is read and mapped, every labelled one refused under its code',
  async ({ file, contentType }) => {
    const wanted = expected.filter((label) => label.file === file);
    const whole = wanted.find(({ index }) => index === null);
    const reading = codesOf(file, contentType);
    if (whole?.outcome === 'refused') {
      const thrown: unknown = await reading.catch((error: unknown) => error);
      expect((thrown as IntakeRefused).fault.code).toBe(whole.code);
      return;
    }
    const byIndex = new Map(wanted.map(({ index, code }) => [index, code]));
    for (const [index, codes] of (await reading).entries()) {
      const code = byIndex.get(index);
      expect([index, code ? codes.includes(code) : codes]).toEqual([index, code ? true : []]);
    }
  },
);
