import type { Finding } from '../errors.js';
import type { DataContract, FieldPromise } from '../promise/data-contract.js';
import { Faults } from './faults.js';
import { valueCheck, type ValueCheck } from './values.js';

type Json = Record<string, unknown>;
type FieldCheck = {
  name: string;
  presence: FieldPromise['presence'];
  present: ValueCheck;
  absent: (faults: Faults) => void;
};

/** Fields of the fixed core: all that a RETRACTED or MERGED record may carry. */
export const CORE_FIELDS: readonly string[] = [
  'recordId',
  'nhsNumber',
  'nhsNumberStatus',
  'localPatientId',
  'localPatientIdIssuer',
  'publisherOds',
  'recordedAt',
  'sourceSystemUpdatedAt',
  'changeType',
  'survivorKey',
];
const CORE = new Set(CORE_FIELDS);

/**
 * Makes the checker of one product's records: types, required fields, closed code lists, patterns, lengths, ranges,
 * NHS numbers, ODS codes, and that the record is about somebody. Built once per version; for a good record it
 * allocates nothing and returns the same empty list. Findings name path and rule, never the value.
 *
 * Dates are days and timestamps milliseconds, as decoded from Avro; with `text` they are ISO 8601, as in examples.
 */
export function compileChecks(
  contract: DataContract,
  options: { text?: boolean } = {},
): (record: unknown) => readonly Finding[] {
  const faults = new Faults();
  const fields = compileFields(contract.fields, '', options.text ?? false);
  const root = recordCheck(fields, '');
  const content = fields.filter(({ name }) => !CORE.has(name)).map(({ name }) => name);
  return (record) => {
    faults.reset();
    faults.live = isLive(record);
    root(record, faults);
    if (typeof record === 'object' && record !== null) checkWhole(record as Json, content, faults);
    return faults.result();
  };
}

const checkers = new WeakMap<DataContract, (record: unknown) => readonly Finding[]>();

/** As `compileChecks`, for one record now and then; the checker is kept for as long as the contract is. */
export function checkValues(record: unknown, contract: DataContract): Finding[] {
  let checker = checkers.get(contract);
  if (checker === undefined) checkers.set(contract, (checker = compileChecks(contract)));
  return [...checker(record)];
}

function isLive(record: unknown): boolean {
  const change = (record as Json | null)?.changeType;
  return change !== 'RETRACTED' && change !== 'MERGED';
}

/** Rules about the record as a whole. */
function checkWhole(record: Json, content: string[], faults: Faults): void {
  if (
    record.nhsNumber == null &&
    (record.localPatientId == null || record.localPatientIdIssuer == null)
  ) {
    faults.add(
      'noIdentity',
      '',
      'The record has neither an NHS number nor a local identifier with its issuer.',
    );
  }
  if (record.changeType === 'MERGED' && record.survivorKey == null) {
    faults.add(
      'survivorMissing',
      'survivorKey',
      'A MERGED record must name the key under which the person continues.',
    );
  }
  if (faults.live) return;
  for (const name of content) {
    if (!isEmpty(record[name])) {
      faults.add(
        'contentNotAllowed',
        name,
        `A retracted or merged record carries identifiers only, not \`${name}\`.`,
      );
    }
  }
}

function isEmpty(value: unknown): boolean {
  return value == null || (Array.isArray(value) && value.length === 0);
}

/** Checks of the fields directly under `prefix`; each nested record and list is compiled with its field. */
function compileFields(all: FieldPromise[], prefix: string, text: boolean): FieldCheck[] {
  return all
    .filter(({ path }) => path.startsWith(prefix) && isDirect(path.slice(prefix.length)))
    .map((field) => compileField(all, field, text));
}

function isDirect(rest: string): boolean {
  return rest !== '' && !rest.includes('.') && !rest.includes('[]');
}

function compileField(all: FieldPromise[], field: FieldPromise, text: boolean): FieldCheck {
  const { path, presence, name } = field;
  return {
    name,
    // A list is never null in Avro (its default is the empty list), so `required` says nothing about its content.
    presence: field.logicalType === 'array' ? 'optional' : presence,
    present: innerCheck(all, field, text),
    absent: (faults) => faults.add('missingField', path, `The field \`${name}\` must be stated.`),
  };
}

function innerCheck(all: FieldPromise[], field: FieldPromise, text: boolean): ValueCheck {
  if (field.logicalType === 'object')
    return recordCheck(compileFields(all, `${field.path}.`, text), field.path);
  if (field.logicalType === 'array') return listCheck(all, field, text);
  return valueCheck(field, text);
}

function listCheck(all: FieldPromise[], field: FieldPromise, text: boolean): ValueCheck {
  const itemPath = `${field.path}[]`;
  const plain = all.find(({ path }) => path === itemPath);
  const item =
    plain === undefined
      ? recordCheck(compileFields(all, `${itemPath}.`, text), itemPath)
      : requiredItem(valueCheck(plain, text), itemPath);
  return (value, faults) => {
    if (!Array.isArray(value)) {
      faults.add('wrongType', field.path, `The field \`${field.name}\` must be a list.`);
      return;
    }
    const level = faults.positions.length;
    for (let i = 0; i < value.length; i++) {
      faults.positions[level] = i;
      item(value[i], faults);
    }
    faults.positions.length = level;
  };
}

function requiredItem(check: ValueCheck, path: string): ValueCheck {
  return (value, faults) => {
    if (value == null) faults.add('missingField', path, 'An item of the list is empty.');
    else check(value, faults);
  };
}

/** Checks an object's fields, and that it has no others. */
function recordCheck(fields: FieldCheck[], path: string): ValueCheck {
  const known = new Set(fields.map(({ name }) => name));
  const countPresent = unrolled(fields);
  return (value, faults) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      faults.add('notAnObject', path, 'A record must be an object.');
      return;
    }
    const present = countPresent(value, faults);
    // Counting is much cheaper than looking each name up, and nearly always enough.
    if (Object.keys(value).length > present) unknownFields(value, known, path, faults);
  };
}

/**
 * The checks of a record's fields written out one after the other, as one function; it returns how many fields are
 * there. In a loop, each access `record[name]` would see every name and be looked up anew each time: measured on
 * 48 fields, written out is five times as fast. The only text from a contract that reaches the code is the field's
 * name, as a JSON string literal.
 */
function unrolled(fields: FieldCheck[]): (record: object, faults: Faults) => number {
  const lines = fields.map(({ name, presence }, i) => {
    const absent =
      presence === 'optional'
        ? ''
        : ` else ${presence === 'live' ? 'if (faults.live) ' : ''}absent[${i}](faults);`;
    return `v = record[${JSON.stringify(name)}]; if (v !== undefined) n++; if (v != null) p${i}(v, faults);${absent}`;
  });
  const constants = fields.map((_, i) => `const p${i} = present[${i}];`);
  const body = `${constants.join('')} return (record, faults) => { let v, n = 0; ${lines.join('\n')} return n; };`;
  const make = new Function('present', 'absent', body) as (
    present: ValueCheck[],
    absent: ((faults: Faults) => void)[],
  ) => (record: object, faults: Faults) => number;
  return make(
    fields.map(({ present }) => present),
    fields.map(({ absent }) => absent),
  );
}

function unknownFields(value: object, known: Set<string>, path: string, faults: Faults): void {
  for (const name of Object.keys(value)) {
    if (known.has(name)) continue;
    // A name may itself be an identifier put in the wrong place, so only a plain one is repeated.
    const shown = /^[A-Za-z_]{1,40}$/.test(name) ? name : '(unprintable)';
    faults.add(
      'unknownField',
      path === '' ? shown : `${path}.${shown}`,
      `The field \`${shown}\` is not in the contract.`,
    );
  }
}
