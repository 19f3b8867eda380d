import { fault } from '../errors.js';
import type { Fault, FaultName } from '../errors.js';
import { dateExists, fromLondon } from '../person/uk-time.js';
import type { CsvTable, Values } from './table.js';

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?$/;
const UK_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: 00:00(?::00)?)?$/;
/** A time of day; databases that have none but with a day write one of those from which they count. */
const CLOCK =
  /^(?:(?:1899-12-30|1900-01-01|1970-01-01|30\/12\/1899|0?1\/0?1\/19[07]0)[T ])?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/;
/** A long number as a spreadsheet shows it in a narrow column, and so exports it: `1.23457E+11`. */
const ROUNDED = /^\d(?:[.,]\d+)?E\+\d{1,3}$/i;
const INTEGER = /^-?\d{1,15}(?:\.0+)?$/;
/** Pounds and thousands as spreadsheets write them: `£1,234.50`. */
const DECIMAL = /^-?£?(?:\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d+))?$/;
const LINE_BREAK = /[\r\n]/;
/* eslint-disable no-control-regex -- control characters are what is looked for */
const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROL_IN_PROSE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
/* eslint-enable no-control-regex */

const DAY = 86_400_000;

type Range = { min?: number; max?: number };

/**
 * Turns the values of one row into typed ones, and collects everything wrong with the row.
 * Each method answers null for an empty value, and also for a wrong one: look at `faults` before using any.
 */
export class RowReader<K extends string> {
  readonly faults: Fault[] = [];

  constructor(
    private readonly table: Pick<CsvTable<K>, 'pathOf'>,
    private readonly values: Values<K>,
  ) {}

  /** Notes a fault of a column found by a rule of the domain's own; answers null. */
  wrong(key: K, name: FaultName, detail?: string): null {
    const found = fault(name, this.table.pathOf(key), detail);
    // A date read both as a day and as part of a moment is still one fault.
    if (!this.faults.some(({ path, code }) => path === found.path && code === found.code))
      this.faults.push(found);
    return null;
  }

  /** Takes over a fault found elsewhere (an NHS number's), at its own path. */
  add(found: Fault): void {
    this.faults.push(found);
  }

  /** True if nothing was found wrong with a column so far. */
  isRight(key: K): boolean {
    const own = this.table.pathOf(key);
    return !this.faults.some(({ path }) => path === own);
  }

  path(key: K): string {
    return this.table.pathOf(key);
  }

  text(key: K): string | null {
    const value = this.values[key];
    if (value === '') return null;
    if (!CONTROL.test(value)) return value;
    return this.wrong(key, LINE_BREAK.test(value) ? 'lineBreakInValue' : 'textInvalid');
  }

  /** An identifier; as a rounded number it would be that of many. */
  identifier(key: K): string | null {
    return ROUNDED.test(this.values[key]) ? this.wrong(key, 'identifierRounded') : this.text(key);
  }

  /** An identifier that must be there; '' and a fault if it is not. */
  mandatoryIdentifier(key: K, missing: FaultName = 'fieldMissing'): string {
    return this.values[key] === '' ? this.mandatory(key, missing) : (this.identifier(key) ?? '');
  }

  /** Free text, which may have lines. */
  prose(key: K): string | null {
    const value = this.values[key];
    if (value === '') return null;
    return CONTROL_IN_PROSE.test(value) ? this.wrong(key, 'textInvalid') : value;
  }

  /** A value that must be there; '' and a fault if it is not. */
  mandatory(key: K, missing: FaultName = 'fieldMissing'): string {
    if (this.values[key] === '') this.wrong(key, missing);
    return this.text(key) ?? '';
  }

  /**
   * A day, in days since 1970-01-01 as Avro counts them, from `YYYY-MM-DD` or `DD/MM/YYYY`, with or without
   * the midnight some exports add.
   */
  day(key: K): number | null {
    const date = this.#date(key);
    return date && Date.UTC(date.year, date.month - 1, date.day) / DAY;
  }

  /** The moment of a London date and clock time in two columns, in milliseconds; null if either is empty. */
  moment(dateKey: K, timeKey: K): number | null {
    const time = this.values[timeKey];
    if (time === '') return null;
    const clock = CLOCK.exec(time);
    if (!clock) return this.wrong(timeKey, 'dateMalformed');
    const date = this.#date(dateKey);
    if (!date) return null;
    const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)];
    const parsed = fromLondon({ ...date, hour, minute, second }, this.path(timeKey));
    if (parsed.fault) this.faults.push(parsed.fault);
    return parsed.fault ? null : Date.parse(parsed.value);
  }

  #date(key: K): { year: number; month: number; day: number } | null {
    const value = this.values[key];
    if (value === '') return null;
    const iso = ISO_DATE.exec(value);
    const uk = iso ?? UK_DATE.exec(value);
    if (!uk) return this.wrong(key, 'dateMalformed');
    const [first, month, last] = [Number(uk[1]), Number(uk[2]), Number(uk[3])];
    const [year, day] = iso ? [first, last] : [last, first];
    return dateExists(year, month, day) ? { year, month, day } : this.wrong(key, 'dateImpossible');
  }

  integer(key: K, range: Range = {}): number | null {
    const value = this.values[key];
    if (value === '') return null;
    if (!INTEGER.test(value)) return this.wrong(key, 'numberMalformed');
    return this.#within(key, Number(value), range);
  }

  /** A decimal number of at most `places` decimal places. */
  decimal(key: K, { places = 2, ...range }: Range & { places?: number } = {}): number | null {
    const value = this.values[key];
    if (value === '') return null;
    const match = DECIMAL.exec(value);
    if (!match) return this.wrong(key, 'numberMalformed');
    if ((match[1]?.replace(/0+$/, '').length ?? 0) > places)
      return this.wrong(key, 'numberOutOfRange', `at most ${places} decimal places`);
    return this.#within(key, Number(value.replace(/[£,]/g, '')), range);
  }

  #within(key: K, number: number, { min = -Infinity, max = Infinity }: Range): number | null {
    return number < min || number > max
      ? this.wrong(key, 'numberOutOfRange', `${min} to ${max}`)
      : number;
  }
}
