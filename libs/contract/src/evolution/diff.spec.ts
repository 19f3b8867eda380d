import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changed,
  custom,
  field,
  GP,
  property,
  readFolder,
  type Loose,
} from '../published.fixture.js';
import type { VersionFiles } from '../envelope/hash.js';
import { parseVersion } from '../promise/parse-version.js';
import { decisionsNeeded } from './decisions.js';
import { diffVersions } from './diff.js';

type Edit = Parameters<typeof changed>[0];

const before = readFolder(GP);

function diff(edit: Edit): [string, string, string][] {
  return diffVersions(before, changed(edit)).map(({ path, class: kind, sentence }) => [
    path,
    kind,
    sentence,
  ]);
}

const both = (contract: (odcs: Loose) => void, schema: (avro: Loose) => void): Edit => ({
  contract,
  schema,
});
const codes = (odcs: Loose) => custom(property(odcs, 'status'), 'codes').value;

/** What is done to the GP product, and the one change that must be told. */
const CASES: [string, Edit, [string, string, string | RegExp]][] = [
  [
    'a dropped field',
    both(
      (o) => o.schema[0].properties.pop(),
      (a) => a.fields.pop(),
    ),
    [
      'gpPracticeOds',
      'breaking',
      '`gpPracticeOds` is dropped: consumers that use it lose it and must do without.',
    ],
  ],
  [
    'a new field',
    both(
      (o) => o.schema[0].properties.push({ ...property(o, 'reviewDate'), name: 'next' }),
      (a) => a.fields.push({ ...field(a, 'reviewDate'), name: 'next' }),
    ),
    [
      'next',
      'visible',
      '`next` is new (date or null): consumers may use it, and need do nothing if they do not.',
    ],
  ],
  [
    'a new field without default',
    both(
      (o) => o.schema[0].properties.push({ ...property(o, 'reviewDate'), name: 'next' }),
      (a) => a.fields.push({ name: 'next', doc: 'New field here.', type: 'string' }),
    ),
    ['next', 'breaking', /has no default/],
  ],
  [
    'a rename by alias',
    { schema: (a) => Object.assign(field(a, 'status'), { name: 'state', aliases: ['status'] }) },
    [
      'status',
      'breaking',
      '`status` is renamed to `state`: consumers that read it by its old name find nothing.',
    ],
  ],
  [
    'a field that may not be null any more',
    { schema: (a) => Object.assign(field(a, 'status'), { type: 'string', default: 'unknown' }) },
    [
      'status',
      'breaking',
      '`status` no longer accepts null: consumers must expect older records without it, and publishers that leave it out are refused.',
    ],
  ],
  [
    'a field that may now be null',
    { schema: (a) => (field(a, 'nhsNumberStatus').type = ['null', 'string']) },
    ['nhsNumberStatus', 'breaking', /may now be null/],
  ],
  [
    'a narrowed type',
    { schema: (a) => (field(a, 'doseValue').type = ['null', 'long']) },
    [
      'doseValue',
      'breaking',
      '`doseValue` changes from double to long: consumers of the other version cannot read it.',
    ],
  ],
  [
    'a widened type, which Avro promotes one way only',
    { schema: (a) => (field(a, 'repeatsIssued').type = ['null', 'double']) },
    ['repeatsIssued', 'breaking', /from long to double/],
  ],
  [
    'another logical type',
    { schema: (a) => (field(a, 'reviewDate').type = ['null', 'string']) },
    ['reviewDate', 'breaking', /from date to string/],
  ],
  [
    'a changed default',
    {
      schema: (a) =>
        Object.assign(field(a, 'status'), { type: ['string', 'null'], default: 'active' }),
    },
    ['status', 'breaking', /The default of `status` changes/],
  ],
  [
    'a removed enum symbol',
    { schema: (a) => field(a, 'changeType').type.symbols.splice(2, 1) },
    [
      'changeType',
      'breaking',
      '`changeType` loses "RETRACTED": records that hold it can no longer be read as they were meant.',
    ],
  ],
  [
    'a new enum symbol',
    { schema: (a) => field(a, 'changeType').type.symbols.push('SPLIT') },
    [
      'changeType',
      'visible',
      '`changeType` gains "SPLIT": consumers of the earlier version read it as UNKNOWN.',
    ],
  ],
  [
    'a reordered enum',
    { schema: (a) => field(a, 'changeType').type.symbols.reverse() },
    ['changeType', 'breaking', /put in another order/],
  ],
  [
    'another record name',
    { schema: (a) => (a.name = 'Statement') },
    ['$', 'breaking', /renamed from caremesh.gp.MedicationStatement to caremesh.gp.Statement/],
  ],
  [
    'other words in the schema',
    { schema: (a) => (field(a, 'status').doc = 'Other words for it.') },
    ['status', 'visible', /description/],
  ],
  [
    'a narrowed code list',
    { contract: (o) => codes(o).values.pop() },
    [
      'status',
      'breaking',
      'The code list of `status` is narrowed: "unknown" no longer accepted, and records that hold it break the contract.',
    ],
  ],
  [
    'a grown code list',
    { contract: (o) => codes(o).values.push({ code: 'paused', meaning: 'Paused' }) },
    ['status', 'visible', 'The code list of `status` grows: consumers will meet "paused".'],
  ],
  [
    'a code that means something else',
    { contract: (o) => (codes(o).values[0].meaning = 'Prescribed at some time') },
    ['status', 'visible', 'In `status` "active" now has another meaning in words.'],
  ],
  [
    'a code list that is closed',
    {
      contract: (o) =>
        (custom(property(o, 'reasonCode'), 'codes').value.values = [
          { code: '57676002', meaning: 'Joint pain' },
        ]),
    },
    ['reasonCode', 'breaking', /now a closed list/],
  ],
  [
    'a code list that is opened',
    { contract: (o) => delete codes(o).values },
    ['status', 'visible', /no longer a closed list/],
  ],
  [
    'another code system',
    { contract: (o) => (codes(o).system = 'urn:local') },
    ['status', 'breaking', /code system of `status` changes/],
  ],
  [
    'another code system version',
    { contract: (o) => (codes(o).version = '5.0.0') },
    ['status', 'visible', /from version 4.0.1 to version 5.0.0/],
  ],
  [
    'another unit',
    { contract: (o) => (custom(property(o, 'expectedSupplyDays'), 'unit').value = 'wk') },
    [
      'expectedSupplyDays',
      'breaking',
      'The unit of `expectedSupplyDays` changes from d to wk: the same number means another amount.',
    ],
  ],
  [
    'another definition',
    {
      contract: (o) =>
        (custom(property(o, 'nhsNumber'), 'definition').value = 'https://example.org/x'),
    },
    ['nhsNumber', 'visible', /another definition/],
  ],
  [
    'a presence no longer promised',
    {
      contract: (o) =>
        (property(o, 'status').customProperties = property(o, 'status').customProperties.filter(
          (c: Loose) => c.property !== 'presence',
        )),
    },
    ['status', 'breaking', /no longer promised in every record/],
  ],
  [
    'a looser classification',
    { contract: (o) => (property(o, 'status').classification = 'none') },
    [
      'status',
      'visible',
      '`status` is reclassified from special-category to none: what may be done with it changes.',
    ],
  ],
  [
    'a field become an identifier',
    { contract: (o) => (property(o, 'prescribingOds').classification = 'direct-identifier') },
    ['prescribingOds', 'breaking', /disappears from every view/],
  ],
  [
    'a looser treatment',
    { contract: (o) => (custom(property(o, 'nhsNumber'), 'treatment').value = 'keep') },
    ['nhsNumber', 'visible', /loosened from pseudonymise to keep/],
  ],
  [
    'a tighter treatment',
    { contract: (o) => (custom(property(o, 'reviewDate'), 'treatment').value = 'month') },
    ['reviewDate', 'breaking', /changes from keep to month/],
  ],
  [
    'text that becomes free',
    { contract: (o) => (custom(property(o, 'medicationDisplay'), 'freeText').value = true) },
    ['medicationDisplay', 'breaking', /now free text/],
  ],
  [
    'a purpose less',
    { contract: (o) => custom(o, 'purposes').value.pop() },
    ['$.purposes', 'breaking', 'The product may no longer be used for audit: grants for it end.'],
  ],
  [
    'another legal basis',
    { contract: (o) => (custom(o, 'legalBasis').value[0].commonLaw = 'consent') },
    [
      '$.legalBasis',
      'visible',
      /for individual-care changes from 6\(1\)\(e\)\/9\(2\)\(h\)\/direct-care to/,
    ],
  ],
  [
    'slower data',
    { contract: (o) => (o.slaProperties[0].value = 'P1D') },
    ['$.freshness', 'visible', 'The longest delay promised changes from PT15M to P1D.'],
  ],
  [
    'a completeness promise lowered',
    { contract: (o) => (o.slaProperties[3].value = 50) },
    ['medicationCode', 'visible', /at 50 % instead of 95 %/],
  ],
  [
    'another owner',
    { contract: (o) => (o.team.name = 'pharmacy') },
    ['$.team', 'visible', 'The product passes from the team gp to pharmacy.'],
  ],
  [
    'a standard no longer kept',
    { contract: (o) => custom(o, 'standards').value.shift() },
    ['$.standards', 'visible', /no longer says that it conforms to SCCI0052/],
  ],
  [
    'other words about the product',
    { contract: (o) => (o.description.usage = 'Other words.') },
    ['$.description', 'visible', /tells in other words of its use: /],
  ],
];

describe('between two versions', () => {
  it.each(CASES)('%s is told', (_, edit, [path, kind, sentence]) => {
    const told = diff(edit).find(
      (change) =>
        change[0] === path &&
        change[1] === kind &&
        (typeof sentence === 'string' ? change[2] === sentence : sentence.test(change[2])),
    );
    expect(told ?? diff(edit)).toEqual([path, kind, expect.stringMatching(/^[A-Z`].*\.$/)]);
  });

  it('nothing is told when nothing changed, or only the order of purposes', () => {
    expect(diff({})).toEqual([]);
    expect(diff({ contract: (o) => custom(o, 'purposes').value.reverse() })).toEqual([]);
  });

  it('a new product is one change', () => {
    expect(diffVersions(null, before)).toEqual([
      {
        path: '$',
        class: 'visible',
        kind: 'product-added',
        sentence: 'gp.medication-statement is a new product: "Medication statement", 48 fields.',
      },
    ]);
  });

  it('the gravest changes come first', () => {
    const classes = diff({
      contract: (o) => {
        o.description.usage = o.description.usage.toUpperCase();
        codes(o).version = '5';
        codes(o).values.pop();
      },
    }).map(([, kind]) => kind);
    expect(classes).toEqual(['breaking', 'visible', 'safe']);
  });

  it('what cannot be read gives no changes', () => {
    expect(diffVersions(before, { ...before, 'schema.avsc': '{' })).toEqual([]);
    expect(diffVersions({}, before).map(({ class: kind }) => kind)).toEqual(['breaking']);
  });
});

describe('decisions', () => {
  const needed = (edit: Edit) => {
    const after = changed(edit);
    return decisionsNeeded(parseVersion(after).contract!, diffVersions(before, after));
  };
  const newField = (classification: string) =>
    both(
      (o) =>
        o.schema[0].properties.push({ ...property(o, 'reviewDate'), name: 'next', classification }),
      (a) => a.fields.push({ ...field(a, 'reviewDate'), name: 'next' }),
    );

  it('of a governance lead are enough for a first version, other words, and a plain new field', () => {
    expect(decisionsNeeded(parseVersion(before).contract!, diffVersions(null, before))).toEqual([
      'governance-lead',
    ]);
    expect(needed({ contract: (o) => (o.description.usage = 'Other.') })).toEqual([
      'governance-lead',
    ]);
    expect(needed(newField('none'))).toEqual(['governance-lead']);
  });

  it.each([
    ['a new special-category field', newField('special-category')],
    ['a new direct identifier', newField('direct-identifier')],
    [
      'a looser classification',
      { contract: (o: Loose) => (property(o, 'status').classification = 'none') },
    ],
    [
      'a looser treatment',
      { contract: (o: Loose) => (custom(property(o, 'nhsNumber'), 'treatment').value = 'keep') },
    ],
    [
      'another legal basis',
      { contract: (o: Loose) => (custom(o, 'legalBasis').value[0].commonLaw = 'consent') },
    ],
  ])('of the information-governance lead too are needed for %s', (_, edit) => {
    expect(needed(edit)).toEqual(['governance-lead', 'ig-lead']);
  });

  it('of both are needed when a purpose is added', () => {
    const narrow = changed({
      contract: (o) => {
        custom(o, 'purposes').value.pop();
        custom(o, 'legalBasis').value.pop();
      },
    });
    expect(decisionsNeeded(parseVersion(before).contract!, diffVersions(narrow, before))).toEqual([
      'governance-lead',
      'ig-lead',
    ]);
  });
});

describe('any two versions', () => {
  /** One of the cases above, or several of them at once. */
  const edits = fc.subarray(
    CASES.map(([, edit]) => edit),
    { minLength: 0, maxLength: 4 },
  );
  const apply = (several: Edit[]) => several.reduce((files, edit) => attempt(edit, files), before);
  /** An edit may look for a field that an earlier one renamed. */
  const attempt = (edit: Edit, files: VersionFiles) => {
    try {
      return changed(edit, files);
    } catch {
      return files;
    }
  };

  const isReadable = (files: VersionFiles) => {
    const { contract, schema } = parseVersion(files);
    return contract !== null && schema !== null;
  };

  it('are compared without throwing, and every change has a sentence', () => {
    fc.assert(
      fc.property(edits, edits, (one, other) => {
        for (const change of diffVersions(apply(one), apply(other))) {
          expect(change.sentence).toMatch(/^[A-Z`g].*\.$/);
          expect(change.path).not.toBe('');
        }
      }),
      { numRuns: 40 },
    );
  });

  it('differ in neither direction, or in both', () => {
    fc.assert(
      fc.property(edits, (several) => {
        const after = apply(several);
        // Several edits may add one field twice: what cannot be read is refused, and is never the version before.
        fc.pre(isReadable(after));
        expect(diffVersions(before, after).length === 0).toBe(
          diffVersions(after, before).length === 0,
        );
      }),
      { numRuns: 25 },
    );
  });
});
