import type { FieldPromise } from '../promise/data-contract.js';
import type { Faults } from './faults.js';
import { isOdsShaped, nhsNumberFault } from './nhs-number.js';
import { patternFault } from './pattern.js';

/** Checks one value that is not null, and adds what is wrong with it. */
export type ValueCheck = (value: unknown, faults: Faults) => void;

/** 1 January 1800 and 31 December 2299 in days: outside, a date is a slip of the pen or of the program. */
const FIRST_DAY = -62_091;
const LAST_DAY = 120_529;
const DAY = 86_400_000;

/** The check of a single value by its logical type in the contract. */
export function valueCheck(field: FieldPromise, text: boolean): ValueCheck {
  switch (field.logicalType) {
    case 'string':
      return stringCheck(field);
    case 'integer':
      return numberCheck(field, isLong, 'a whole number');
    case 'number':
      return numberCheck(field, Number.isFinite, 'a number');
    case 'boolean':
      return typeCheck(field, (value) => typeof value === 'boolean', 'true or false');
    case 'date':
      return text
        ? textTimeCheck(field, DATE, 'a date that exists, YYYY-MM-DD')
        : timeCheck(field, 1, 'a number of days');
    case 'timestamp':
      return text
        ? textTimeCheck(field, INSTANT, 'a time that exists, in UTC: YYYY-MM-DDThh:mm:ss.sssZ')
        : timeCheck(field, DAY, 'a number of milliseconds');
    case 'array':
      return nothingSaid(field);
    default:
      return () => undefined;
  }
}

/** Whole numbers that JavaScript and Avro's writer both hold exactly. */
function isLong(value: unknown): boolean {
  return Number.isSafeInteger(value) && Math.abs(value as number) < Number.MAX_SAFE_INTEGER;
}

/** Lists in a list: the house rules refuse them, and what is in them would go unlooked at. */
function nothingSaid({ path, name }: FieldPromise): ValueCheck {
  return (_, faults) =>
    faults.add('wrongType', path, `An item of the list \`${name}\` may not be a list.`);
}

function typeCheck(field: FieldPromise, is: (value: unknown) => boolean, what: string): ValueCheck {
  return (value, faults) => {
    if (!is(value))
      faults.add('wrongType', field.path, `The field \`${field.name}\` must be ${what}.`);
  };
}

function numberCheck(
  field: FieldPromise,
  is: (value: unknown) => boolean,
  what: string,
): ValueCheck {
  const { minimum = -Infinity, maximum = Infinity, path, name } = field;
  return (value, faults) => {
    if (!is(value)) faults.add('wrongType', path, `The field \`${name}\` must be ${what}.`);
    else if ((value as number) < minimum || (value as number) > maximum) {
      faults.add(
        'outOfRange',
        path,
        `The field \`${name}\` must be ${rangeText(minimum, maximum)}.`,
      );
    }
  };
}

function rangeText(minimum: number, maximum: number): string {
  if (maximum === Infinity) return `at least ${minimum}`;
  return minimum === -Infinity ? `at most ${maximum}` : `between ${minimum} and ${maximum}`;
}

/** Days or milliseconds; `unit` is how many of them make a day. */
function timeCheck(field: FieldPromise, unit: number, what: string): ValueCheck {
  const first = FIRST_DAY * unit;
  const last = LAST_DAY * unit;
  return (value, faults) => {
    if (!Number.isSafeInteger(value)) {
      faults.add(
        'wrongType',
        field.path,
        `The field \`${field.name}\` must be ${what} since 1970.`,
      );
    } else if ((value as number) < first || (value as number) > last) {
      faults.add(
        'outOfRange',
        field.path,
        `The field \`${field.name}\` lies outside the years 1800 to 2299.`,
      );
    }
  };
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

function textTimeCheck(field: FieldPromise, shape: RegExp, what: string): ValueCheck {
  return typeCheck(
    field,
    (value) => typeof value === 'string' && shape.test(value) && exists(value),
    what,
  );
}

/** False for 31 February: JavaScript rolls some impossible dates over instead of refusing them. */
function exists(value: string): boolean {
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value.slice(0, 10));
}

/** Null too for a pattern that `patterns-safe` refuses: its contract is not approved, and nothing is tested on it. */
function patternOf({ pattern }: FieldPromise): RegExp | null {
  return pattern === undefined || patternFault(pattern) !== null ? null : new RegExp(pattern);
}

/** Text: every rule the contract has for the field, in one function so that a good value passes through once. */
function stringCheck(field: FieldPromise): ValueCheck {
  const { path, name, maxLength = Infinity } = field;
  const allowed = field.codes?.values === undefined ? null : new Set(field.codes.values);
  const pattern = patternOf(field);
  const role = roleCheck(field);
  return (value, faults) => {
    if (typeof value !== 'string')
      faults.add('wrongType', path, `The field \`${name}\` must be text.`);
    else if (allowed !== null && !allowed.has(value))
      faults.add('unknownCode', path, unknownCode(field));
    else if (value.length > maxLength)
      faults.add('tooLong', path, `The field \`${name}\` has more than ${maxLength} characters.`);
    else if (pattern !== null && !pattern.test(value))
      faults.add(
        'pattern',
        path,
        `The field \`${name}\` does not have the shape ${field.pattern}.`,
      );
    else role?.(value, faults);
  };
}

function unknownCode({ name, codes }: FieldPromise): string {
  const values = codes?.values ?? [];
  const shown = values.slice(0, 12).join(', ');
  return `The code in \`${name}\` is not in its list (${shown}${values.length > 12 ? ', …' : ''}) of ${codes?.system}, version ${codes?.version}.`;
}

function roleCheck({
  role,
  path,
  name,
}: FieldPromise): ((value: string, faults: Faults) => void) | null {
  if (role === 'ods-code') {
    return (value, faults) => {
      if (!isOdsShaped(value))
        faults.add('odsCodeShape', path, `The field \`${name}\` is not shaped like an ODS code.`);
    };
  }
  if (role !== 'nhs-number') return null;
  return (value, faults) => {
    const fault = nhsNumberFault(value);
    if (fault === 'shape')
      faults.add(
        'nhsNumberShape',
        path,
        `The field \`${name}\` is not ten digits, or repeats one digit.`,
      );
    else if (fault === 'check-digit')
      faults.add(
        'nhsNumberCheckDigit',
        path,
        `The number in \`${name}\` fails its modulus 11 check digit.`,
      );
  };
}
