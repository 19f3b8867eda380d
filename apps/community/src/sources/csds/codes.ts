import { shownId } from '@caremesh/product';
import type { FaultName, RowReader } from '@caremesh/product';
import type { CYP001, CYP101, CYP202 } from './tables.js';

/** What the contract lets stand in a field. */
export type Allowed = { codes?: readonly string[]; maxLength?: number; pattern?: RegExp };
type Columns<T extends { columns: object }> = Partial<Record<keyof T['columns'], Allowed>>;

const IDENTIFIER = { maxLength: 20 };
const SCHEME = { pattern: /^[0-9]{2}$/ };
const AS_SCHEME = { pattern: /^[0-9A-Za-z.]{1,56}$/ };

/**
 * What the contract lets stand in the columns of the rows that are joined to a contact. Left to the check of the joined record, a wrong
 * code would be answered as accepted, and would then cost the contact and all that is right of it. A source is read without its contract, so
 * these stand here a second time; codes.spec.ts fails where the two differ.
 */
export const ALLOWED = {
  CYP001: {
    localPatientId: { maxLength: 64 },
    gender: { codes: ['1', '2', '9', 'X'] },
    ethnicCategory: { codes: [...'ABCDEFGHJKLMNPRSZ', '99'] },
  },
  CYP101: {
    serviceRequestId: IDENTIFIER,
    source: { pattern: /^[0-9A-Z]{1,2}$/ },
    priority: { codes: ['1', '2', '3'] },
    reason: { pattern: /^[0-9A-Z]{1,3}$/ },
  },
  CYP202: {
    careActivityId: IDENTIFIER,
    type: { codes: ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'] },
    professional: IDENTIFIER,
    procedure: { pattern: /^[1-9][0-9]{5,17}$/ },
    findingScheme: SCHEME,
    finding: AS_SCHEME,
    observationScheme: SCHEME,
    observation: AS_SCHEME,
    value: { pattern: /^[0-9A-Za-z.,<>=+/ -]{1,10}$/ },
    unit: { maxLength: 50 },
  },
} as const satisfies {
  CYP001: Columns<typeof CYP001>;
  CYP101: Columns<typeof CYP101>;
  CYP202: Columns<typeof CYP202>;
};

/**
 * Columns in which nothing of ten digits has any business, though the contract lets it stand. An identifier of the sender's own, as
 * a code of SNOMED CT, may be ten digits that only look like a number: one in eleven does, and those are compared with the
 * person's own number once it is known.
 */
export const OPEN = {
  CYP202: ['value', 'unit'],
} as const satisfies { CYP202: (keyof typeof CYP202.columns)[] };

/**
 * Notes columns that hold what may be an NHS number. Whose it is cannot be known before rows are joined; found then, it would cost the
 * contact, and all that is right of it, for a row that was answered as accepted.
 */
export function refuseNumbers<K extends string>(
  row: RowReader<K>,
  values: Record<K, string>,
  columns: readonly K[],
): void {
  for (const key of columns) if (holdsNumber(values[key])) row.wrong(key, 'classificationBroken');
}

const NUMBER_LENGTH = 10;

/** Whether a value holds what may be an NHS number, by the test that decides whether an answer may name a row by it. */
export const holdsNumber = (value: string): boolean =>
  value.length >= NUMBER_LENGTH && shownId(value) === null;

/** A value as it is, noted as wrong in its row if the contract does not allow it. */
export function checked<K extends string, V extends string | null>(
  row: RowReader<K>,
  key: K,
  value: V,
  rule: Allowed,
): V {
  const wrong = value && faultOf(value, rule);
  if (wrong) row.wrong(key, wrong);
  return value;
}

/** A code of a column. */
export const coded = <K extends string>(row: RowReader<K>, key: K, rule: Allowed): string | null =>
  checked(row, key, row.text(key), rule);

const LOCALLY_REFINED = /^[A-Z][A-Z0-9]$/;

/** National code A to Z or 99; a second character after a letter is for local use. */
export function ethnicCategoryOf(row: RowReader<'ethnicCategory'>): string | null {
  const code = row.text('ethnicCategory');
  const national = code && LOCALLY_REFINED.test(code) ? code[0]! : code;
  return checked(row, 'ethnicCategory', national, ALLOWED.CYP001.ethnicCategory);
}

/** The first that the check of the record would find: it looks for a list, then a length, then a pattern. */
function faultOf(value: string, { codes, maxLength, pattern }: Allowed): FaultName | null {
  if (codes && !codes.includes(value)) return 'codeUnknown';
  if (maxLength !== undefined && value.length > maxLength) return 'fieldTooLong';
  return pattern && !pattern.test(value) ? 'fieldRule' : null;
}

const FIRST_DAY = Date.UTC(1800, 0, 1) / 86_400_000;
const LAST_DAY = Date.UTC(2299, 11, 31) / 86_400_000;

/** A day of the years that every contract takes dates of. Some systems end what is still open in 9999. */
export function dayAllowed<K extends string>(row: RowReader<K>, key: K): number | null {
  const day = row.day(key);
  return day !== null && (day < FIRST_DAY || day > LAST_DAY)
    ? row.wrong(key, 'numberOutOfRange', 'the years 1800 to 2299')
    : day;
}
