import type { Fault } from '@caremesh/product';
import type { Value } from '../../sources/hl7/message.js';
import { dateOf, timeOf } from '../../sources/hl7/time.js';
import type { InpatientSpell } from './record.gen.js';
import { settled, type TimeField, type TimeTold } from './times.js';

/** Under which a content says what times it tells by their day alone: no field of the record, for it is not published. */
export const DAYS = Symbol('days');
/** What one message states. */
export type Told = Partial<InpatientSpell> & { [DAYS]?: readonly TimeField[] };
type Content = Partial<InpatientSpell>;
type FieldsOf<T> = {
  [F in keyof Content]-?: T extends InpatientSpell[F] ? F : never;
}[keyof Content];
const DAY = 86_400_000;

/**
 * What one message states of a stay: fields it gives, fields it withdraws (`""`, null) and nothing else. Collects
 * every fault on the way, so that a sender learns all of them at once.
 */
export class Stated {
  content: Told = {};
  readonly faults: Fault[] = [];

  /** A text as it is; unstated ones leave no trace. */
  text<F extends FieldsOf<string>>(field: F, value: Value): void {
    this.give(field, value as Content[F] | undefined);
  }

  give<F extends keyof Content>(field: F, value: Content[F] | undefined): void {
    if (value !== undefined) this.content[field] = value;
  }

  /** A time stamp as milliseconds. */
  time(field: TimeField, { value, path, isDay }: TimeTold): void {
    this.moment(field, value, (text) => timeOf(text, path), Date.parse);
    if (isDay) this.content[DAYS] = [...(this.content[DAYS] ?? []), field];
  }

  /** Makes what is told by its day alone agree with the other times of the same message. */
  settleTimes(): void {
    this.content = settled(this.content, this.content[DAYS] ?? []);
  }

  /** A time stamp as days, its time of day left aside. */
  date(field: FieldsOf<number>, value: Value, path: string): void {
    this.moment(field, value, (text) => dateOf(text, path), daysOf);
  }

  fault(fault: Fault): void {
    this.faults.push(fault);
  }

  private moment(
    field: FieldsOf<number>,
    value: Value,
    read: (text: string) => string | Fault,
    count: (iso: string) => number,
  ): void {
    if (typeof value !== 'string') return this.give(field, value);
    const found = read(value);
    if (typeof found === 'string') this.content[field] = count(found);
    else this.faults.push(found);
  }
}

/** Days since 1970-01-01 of a date `YYYY-MM-DD`. */
export const daysOf = (date: string): number => Date.parse(date) / DAY;
