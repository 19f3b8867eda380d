import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DataContract, Standard } from '@caremesh/contract';
import { describe, expect, it } from 'vitest';
import { gapReport } from './gaps.js';
import { OWNERSHIP_CLAUSE, scheduleCsv, scheduleMarkdown } from './pages.js';

const SEEDS = resolve(import.meta.dirname, '../../../../schemas/mesh/standards');
const seed = (id: string): Standard =>
  JSON.parse(readFileSync(`${SEEDS}/${id.toLowerCase()}.json`, 'utf8')) as Standard;

const contract = (product: string, standards: string[]) =>
  ({
    product,
    careSetting: ['general-practice'],
    purposes: ['individual-care'],
    standards: standards.map((id) => ({ id, title: id, version: null })),
    fields: [{ path: 'nhsNumber', role: 'nhs-number' }],
  }) as unknown as DataContract;

describe('the gap report of an organisation', () => {
  const standards = ['ISB0149', 'DCB0090', 'SCCI0021', 'DCB1596', 'fhir-uk-core'].map(seed);
  const report = gapReport(
    standards,
    [
      contract('gp.one', ['ISB0149', 'DCB0090', 'UK Core']),
      contract('gp.two', ['DCB0090']),
      contract('gp.three', ['DCB0090']),
    ],
    ['general-practice'],
    '2026-11-25',
  );

  it('names what is lacking, by product, with the effort of each product that lacks it', () => {
    expect(report.items.map(({ standard, status }) => [standard, status])).toEqual([
      ['ISB0149', 'gap'],
      ['DCB1596', 'not-in-contracts'],
      ['DCB0090', 'conforms'],
    ]);
    expect(report.items[0]).toMatchObject({
      conforming: ['gp.one'],
      lacking: ['gp.two', 'gp.three'],
      effort: { days: [6, 30] },
      demand: 'now',
    });
    expect(report.totals).toEqual({
      gap: 1,
      'not-in-contracts': 1,
      conforms: 1,
      'not-held': 0,
      effortDays: [6, 30],
    });
  });

  it('says which drafts are conformed to early', () => {
    expect(report.early).toEqual([
      { standard: 'fhir-uk-core', state: 'draft', products: ['gp.one'] },
    ]);
  });
});

describe('a standards schedule', () => {
  const all = ['ISB0149', 'fhir-uk-core'].map((id) => ({
    content: seed(id),
    revision: 2,
    contentHash: 'sha256:00',
  }));

  it('lists each standard with version, maturity and mandate, and who owns the data', () => {
    const text = scheduleMarkdown('Standards schedule', '2026-11-25', all);
    expect(text).toContain('| ISB0149 | NHS Number | current | active | mandated, in force (');
    expect(text).toContain(
      '| fhir-uk-core | FHIR UK Core API standards | STU2 | draft: may change |',
    );
    for (const clause of OWNERSHIP_CLAUSE) expect(text).toContain(clause);
    expect(OWNERSHIP_CLAUSE[0]).toContain('owned by the care setting');
  });

  it('is CSV that no spreadsheet runs', () => {
    const odd = { ...all[0]!, content: { ...all[0]!.content, title: '=1+1, "x"' } };
    const [head, line] = scheduleCsv([odd]).split('\r\n');
    expect(head).toContain('"reference","title"');
    expect(line).toContain(`"'=1+1, ""x"""`);
  });
});
