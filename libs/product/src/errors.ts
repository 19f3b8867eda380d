import { SERVICE_FAULTS } from './faults/service-faults.js';
import { SUBMISSION_FAULTS } from './faults/submission-faults.js';
import { VALUE_FAULTS } from './faults/value-faults.js';

/**
 * The closed list of everything that can go wrong between a source system and a topic.
 *
 * Every fault has one row: its code never changes meaning, its title says what happened in words a data
 * manager understands, its fix says what to do. A fault never carries the value that caused it, only the
 * path to it: values are about people.
 *
 * 20xx a whole submission · 21xx its format · 22xx values · 23xx checks on the mapped record · 24xx joins ·
 * 25xx quarantine · 26xx state · 27xx publishing and start · 28xx consumption, submissions given up
 */
/** The table: fault name → code, HTTP status if it refuses a whole request, title, fix, retriable. */
export const FAULTS = { ...SUBMISSION_FAULTS, ...VALUE_FAULTS, ...SERVICE_FAULTS };

/** The name of a fault: what code says, `fault('nhsNumberCheckDigit', '/PID-3')`. */
export type FaultName = keyof typeof FAULTS;
/** The code of a fault as programs outside see it: `MESH-2202`. */
export type FaultCode = (typeof FAULTS)[FaultName]['code'];

/** One thing wrong with one item: where, which, in words, and what to do. Never the value itself. */
export type Fault = { path: string; code: FaultCode; message: string; fix: string };

/**
 * A fault of the closed list.
 * @param path where: a JSON pointer, an HL7 position (`PID-3.1`) or a CSV column; never a value.
 * @param detail what more there is to say, from our own words and numbers only: never text of the input.
 */
export function fault(name: FaultName, path: string, detail?: string): Fault {
  const row = FAULTS[name];
  return {
    path,
    code: row.code,
    message: detail ? `${row.title}: ${detail}` : row.title,
    fix: row.fix,
  };
}

/** True if the fault is the one named. */
export const isFault = (candidate: Fault, name: FaultName): boolean =>
  candidate.code === FAULTS[name].code;

/**
 * What a mapping answers when it cannot make a record: everything wrong with the item, at once.
 * @param onlyIfHeld the record that a change with `onlyIfHeld` would have been about: where it is not held, nothing is wrong.
 */
export class Faulty {
  constructor(
    readonly faults: readonly Fault[],
    readonly onlyIfHeld: {
      sourceRecordId: string;
      keeper?: string | null;
      publisherOds: string;
    } | null = null,
  ) {}
}

/** Thrown when nothing at all of a submission could be read, and so nothing was landed. */
export class IntakeRefused extends Error {
  constructor(readonly fault: Fault) {
    super(`${fault.code} ${fault.message}`);
    this.name = 'IntakeRefused';
  }
}

/** A fault of the library itself that stops the operation at hand (start, publish, quarantine). */
export class ProductError extends Error {
  readonly code: FaultCode;
  readonly status: number;
  readonly fix: string;
  readonly retriable: boolean;
  constructor(
    readonly fault: FaultName,
    readonly detail?: string,
  ) {
    const row = FAULTS[fault];
    super(`${row.code} ${row.title}${detail ? `: ${detail}` : ''}`);
    this.name = 'ProductError';
    this.code = row.code;
    this.status = row.status;
    this.fix = row.fix;
    this.retriable = row.retriable;
  }
}
