import { describe, expect, it } from 'vitest';
import { avroType } from '../avro/type.js';
import { faultName } from '../errors.js';
import { parseVersion } from '../promise/parse-version.js';
import { publishedFolders, readFolder, type Loose } from '../published.fixture.js';
import { checkValues, compileChecks } from './compile.js';

function product(folder: string) {
  const files = readFolder(folder);
  const { contract, schema } = parseVersion(files);
  const text = avroType(schema!, { text: true });
  const raw = avroType(schema!);
  const example = (name: string): Loose =>
    raw.fromBuffer(text.toBuffer(JSON.parse(files[`examples/${name}.json`]!)));
  return { contract: contract!, example };
}

const community = product('community/care-contact/v1');
const gp = product('gp/medication-statement/v1');

/** Fault and path of everything found. */
function faults(record: unknown, { contract } = gp): string[] {
  return compileChecks(contract)(record).map(({ code, path }) => `${faultName(code)} ${path}`);
}

describe('a decoded record', () => {
  it.each(publishedFolders())('of %s passes when it is a good example', (folder) => {
    const { contract, example } = product(folder);
    const check = compileChecks(contract);
    for (const name of [
      'created',
      'updated-minimal',
      'local-identifier-only',
      'retracted',
      'merged',
    ]) {
      expect(check(example(name))).toEqual([]);
    }
  });

  it('that passes is answered with one shared empty list', () => {
    const check = compileChecks(gp.contract);
    expect(check(gp.example('created'))).toBe(check(gp.example('retracted')));
  });

  it('is checked afresh each time, whatever the record before had', () => {
    const check = compileChecks(gp.contract);
    const bad = { ...gp.example('created'), status: 'x' };
    expect(check(bad)).toHaveLength(1);
    expect(check(gp.example('created'))).toEqual([]);
    expect(check(bad)).toHaveLength(1);
  });

  it.each([
    [{ nhsNumber: '9123456789' }, 'nhs-number-check-digit nhsNumber'],
    [{ nhsNumber: '9999999999' }, 'nhs-number-shape nhsNumber'],
    [{ nhsNumber: null }, 'no-identity '],
    [{ nhsNumber: null, localPatientId: 'P1' }, 'no-identity '],
    [{ publisherOds: 'a81001' }, 'ods-code-shape publisherOds'],
    [{ status: 'entered-in-error' }, 'unknown-code status'],
    [{ status: null }, 'missing-field status'],
    [{ status: undefined }, 'missing-field status'],
    [{ recordId: undefined }, 'missing-field recordId'],
    [{ recordId: 'short' }, 'pattern recordId'],
    [{ changeType: 'DELETED' }, 'unknown-code changeType'],
    [{ effectiveStart: 1.5 }, 'wrong-type effectiveStart'],
    [{ effectiveStart: '2026-01-01' }, 'wrong-type effectiveStart'],
    [{ effectiveStart: 200_000 }, 'out-of-range effectiveStart'],
    [{ recordedAt: Number.MAX_SAFE_INTEGER }, 'out-of-range recordedAt'],
    [{ repeatsIssued: 9007199254740992 }, 'wrong-type repeatsIssued'],
    [{ repeatsIssued: -1 }, 'out-of-range repeatsIssued'],
    [{ doseValue: Number.NaN }, 'wrong-type doseValue'],
    [{ asNeeded: 1 }, 'wrong-type asNeeded'],
    [{ doseText: 'x'.repeat(2049) }, 'too-long doseText'],
    [{ surname: 'Example' }, 'unknown-field surname'],
    [{ 'a 943 476 5919': 1 }, 'unknown-field (unprintable)'],
    [
      { changeType: 'MERGED', survivorKey: 'a'.repeat(26) },
      'content-not-allowed medicationStatementId',
    ],
  ])('with %j is refused', (change, expected) => {
    expect(faults({ ...gp.example('created'), ...change })).toContain(expected);
  });

  it('names the item of a list that is wrong', () => {
    const record = community.example('created');
    record.activities[1].communityCareActivityType = '99';
    record.activities.push({ ...record.activities[0], durationMinutes: -1 }, 'not an object');
    expect(faults(record, community)).toEqual([
      'unknown-code activities[1].communityCareActivityType',
      'out-of-range activities[2].durationMinutes',
      'not-an-object activities[3]',
    ]);
  });

  it('is refused where the items of a list are lists, of which no contract can say anything', () => {
    const status = gp.contract.fields.find(({ name }) => name === 'status')!;
    const rounds = { ...status, path: 'rounds', name: 'rounds', logicalType: 'array' };
    const fields = [...gp.contract.fields, rounds, { ...rounds, path: 'rounds[]' }];
    const check = (value: unknown) =>
      faults(
        { ...gp.example('created'), rounds: value },
        { ...gp, contract: { ...gp.contract, fields } },
      );
    expect(check([[{ nhsNumber: '9434765919' }]])).toEqual(['wrong-type rounds[0]']);
    expect(check([])).toEqual([]);
  });

  it('finds every fault of a record at once, in the order of the contract', () => {
    const record = {
      ...gp.example('created'),
      status: 'x',
      medicationCode: 'PARA',
      nhsNumberStatus: '00',
    };
    expect(faults(record)).toEqual([
      'unknown-code nhsNumberStatus',
      'pattern medicationCode',
      'unknown-code status',
    ]);
  });

  it.each([[null], [undefined], ['text'], [7], [[]]])('that is %j is refused', (record) => {
    expect(faults(record)[0]).toBe('not-an-object ');
  });

  it('never shows a value in what is said about it', () => {
    const secret = 'Zyxw 9876';
    const record: Loose = { ...gp.example('created'), [secret]: secret };
    for (const name of Object.keys(record)) record[name] = secret;
    expect(JSON.stringify(checkValues(record, gp.contract))).not.toContain('9876');
  });
});
