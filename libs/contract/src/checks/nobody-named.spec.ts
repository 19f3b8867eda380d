import { describe, expect, it } from 'vitest';
import type { VersionFiles } from '../envelope/hash.js';
import { nhsNumberFault } from '../records/nhs-number.js';
import {
  changed,
  custom,
  field,
  property,
  publishedFolders,
  readFolder,
  type Loose,
} from '../published.fixture.js';
import { checkVersion } from './check-version.js';

/** Valid, outside the test range, and of no range that numbers are issued from: it is nobody's. */
const PARTS = ['500', '000', '0013'];
const NUMBER = PARTS.join('');

const found = (files: VersionFiles) =>
  checkVersion(files)
    .filter(({ name, outcome }) => name === 'nobody-named' && outcome === 'failed')
    .map(({ path, code, severity }) => `${severity} ${code} ${path}`);

const CONTRACT = 'contract.odcs.yaml';
type Edit = Parameters<typeof changed>[0];

const HELD: [string, Edit, string][] = [
  [
    'a description',
    {
      contract: (o) => (o.description.usage = `Such as Mrs Jones, NHS number ${PARTS.join(' ')}.`),
    },
    `${CONTRACT}#description.usage`,
  ],
  [
    'an example of a value that is coded, which is no code by its own check digit',
    { contract: (o) => (property(o, 'medicationCode').examples = [NUMBER]) },
    expect.stringMatching(/^contract\.odcs\.yaml#schema\[0\]\.properties\[\d+\]\.examples\[0\]$/),
  ],
  [
    'an address',
    { contract: (o) => (o.support[0].url = `https://gp.example/${NUMBER}`) },
    `${CONTRACT}#support[0].url`,
  ],
  [
    'a number that is none in quotes',
    { contract: (o) => (o.price = { priceAmount: Number(NUMBER) }) },
    `${CONTRACT}#price.priceAmount`,
  ],
  ['a name', { files: (all) => (all[CONTRACT] += `\n${NUMBER}: x\n`) }, CONTRACT],
  ['a comment', { files: (all) => (all[CONTRACT] += `\n# ${PARTS.join('-')}\n`) }, CONTRACT],
  [
    'the schema',
    { schema: (a) => (field(a, 'status').doc = `Of ${NUMBER}.`) },
    expect.stringMatching(/^schema\.avsc#fields\[\d+\]\.doc$/),
  ],
  [
    'an example, escaped',
    { files: (all) => (all['examples/x.json'] = `{"doseText": "\\u0035${NUMBER.slice(1)}"}`) },
    'examples/x.json#doseText',
  ],
  [
    'a name in an example, which is not repeated',
    { files: (all) => (all['examples/bad/x.json'] = `{"a": {"${NUMBER}": 1}}`) },
    'examples/bad/x.json#a',
  ],
  [
    'a bad example',
    { files: (all) => (all['examples/bad/x.json'] = `{"nhsNumber": "${NUMBER}"}`) },
    'examples/bad/x.json#nhsNumber',
  ],
  [
    'the name of a file, which is not repeated',
    { files: (all) => (all[`examples/${NUMBER}.json`] = '{}') },
    'examples',
  ],
  ['a page', { files: (all) => (all['README.md'] = 'As ٥٠٠ ٠٠٠ ٠٠١٣ says.') }, 'README.md'],
  [
    'a contract that cannot be read',
    { files: (all) => (all[CONTRACT] = `: {${NUMBER}`) },
    CONTRACT,
  ],
  [
    'an example nested deeper than anything',
    {
      files: (all) =>
        (all['examples/bad/x.json'] = `${'['.repeat(50_000)}"${NUMBER}"${']'.repeat(50_000)}`),
    },
    expect.stringMatching(/^examples\/bad\/x\.json#/),
  ],
];

describe("what could be somebody's NHS number", () => {
  it.each(HELD)('is found in %s', (_, edit, path) => {
    const failed = found(changed(edit));
    const place = typeof path === 'string' ? `blocks MESH-1755 ${path}` : path;
    if (typeof place === 'string') return expect(failed).toEqual([place]);
    const shown = failed.map((one) => one.replace('blocks MESH-1755 ', ''));
    expect(shown).toEqual([place]);
  });

  it.each([
    [
      'the name of a file that does not belong there',
      { files: (all: VersionFiles) => (all[`notes-${NUMBER}.txt`] = 'x') },
    ],
    [
      'the name of an example that breaks the contract',
      { files: (all: VersionFiles) => (all[`examples/${NUMBER}.json`] = '{}') },
    ],
    [
      'the name of a field',
      { contract: (o: Loose) => (property(o, 'status').name = `of_${PARTS.join('_')}`) },
    ],
  ])('is in nothing that any check says: %s', (_, edit) => {
    const told = JSON.stringify(checkVersion(changed(edit)));
    expect(told).toContain('MESH-1755');
    expect(told).not.toMatch(/0013/);
  });

  it.each([
    ['many', `[${'0,'.repeat(1_000_000)}0]`],
    ['deep', `${'{"a":'.repeat(150_000)}0${'}'.repeat(150_000)}`],
  ])('is looked for in an example far too large, with places that are %s', (_, text) => {
    const files = changed({ files: (all) => (all['examples/bad/x.json'] = text) });
    const checks = checkVersion(files).filter(({ outcome }) => outcome === 'failed');
    expect(checks.map(({ name, path }) => [name, path])).toContainEqual([
      'files-known',
      'examples/bad/x.json',
    ]);
    expect(found(files)).toEqual([]);
  });

  it('is told of once where the rule for good examples tells of it', () => {
    const files = changed({
      files: (all) =>
        (all['examples/x.json'] = all['examples/created.json']!.replace(
          /"nhsNumber": "\d+"/,
          `"nhsNumber": "${NUMBER}"`,
        )),
    });
    const codes = checkVersion(files).flatMap(({ code }) => code ?? []);
    expect(codes).toEqual(['MESH-1606']);
  });

  it.each(publishedFolders())('is not in %s', (folder) => {
    expect(found(readFolder(folder))).toEqual([]);
  });

  it.each([
    ['the test range', (o: Loose) => (o.description.usage += ' Such as 943 476 5919.')],
    ['a wrong check digit', (o: Loose) => (o.description.usage += ' Such as 500 000 0014.')],
    ['a longer number', (o: Loose) => (o.description.usage += ` Such as 1${NUMBER}.`)],
  ])('is not what is %s', (_, contract) => {
    expect(found(changed({ contract }))).toEqual([]);
  });
});

/** Each has the check digit of an NHS number. */
describe('a code of SNOMED CT of ten digits', () => {
  const inList = (code: string) =>
    changed({
      contract: (o) =>
        (custom(property(o, 'reasonCode'), 'codes').value.values = [{ code, meaning: 'A reason' }]),
    });
  const asExample = (code: string) =>
    changed({ contract: (o) => (property(o, 'reasonCode').examples = [code]) });
  const inRecord = (code: string) =>
    changed({
      files: (all) =>
        (all['examples/created.json'] = JSON.stringify({
          ...(JSON.parse(all['examples/created.json']!) as object),
          reasonCode: code,
        })),
    });

  it.each(['1156254000', '1156256003', '1156260000'])('%s is a code where one is due', (code) => {
    expect(nhsNumberFault(code)).toBeNull();
    expect([inList(code), asExample(code), inRecord(code)].flatMap(found)).toEqual([]);
  });

  it.each([
    ['has another check digit', '1156250005'],
    ['is of no partition', '1156250153'],
  ])('is none if it %s', (_, code) => {
    expect(nhsNumberFault(code)).toBeNull();
    expect([inList(code), asExample(code), inRecord(code)].flatMap(found)).toHaveLength(3);
  });

  it('is none where no code is due', () => {
    const inText = changed({ contract: (o) => (o.description.usage += ' Such as 1156254000.') });
    expect(found(inText)).toEqual([`blocks MESH-1755 ${CONTRACT}#description.usage`]);
  });
});
