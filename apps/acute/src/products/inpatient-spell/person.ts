import {
  compareParts,
  Faulty,
  fault,
  nhsNumber,
  numbersNoRecord,
  type Fault,
  type Mode,
  type NamedPerson,
  type PersonRef,
} from '@caremesh/product';
import type { Segment } from '../../sources/hl7/message.js';
import { dateOf } from '../../sources/hl7/time.js';
import { isOdsCode } from '../../sources/senders.js';
import { daysOf } from './stated.js';

export type Local = NonNullable<PersonRef['local']>;
type Identifier = {
  id: string;
  authority: string | null;
  /** The authority's universal id, where it is named by one. */
  oid: string | null;
  facility: string | null;
  /** In capitals: senders write it in any. */
  type: string | null;
  /** The last day on which it counted (CX.8), as it stands. */
  ends: string | null;
};
/** The day by which an identifier may have ended, as a count of days; null: whether it has does not matter. */
type Day = number | null;

const DAY = 86_400_000;

/** The NHS number's own object identifier. */
const NHS_OID = '2.16.840.1.113883.2.1.4.1';
/** Which of several comes first: the record number, as the table or as many systems call it, then the trust's internal one, then others. */
const RANKS = new Map([
  ['MR', 0],
  ['MRN', 0],
  ['PI', 1],
]);
const LAST = 2;

/** A local identifier as it stands: how it is numbered, and whether it has ended before the day of the message. */
type Candidate = { local: Local; numbering: string; ended: boolean };

/**
 * Whom a field of identifiers (CX, repeated) is about.
 * The NHS number is the repetition whose authority is NHS (ITK table 0363) or whose type is NH or NHS, whoever gave it out; another one
 * is the local identifier, the same one in whatever order they come; it is issued by its authority or facility if that is an ODS code, and otherwise by the
 * sender: `22789^^^LOCALID` of RCB is RCB's. One that has ended before the day of the message counts if there is nothing else.
 *
 * Whoever has one of these identifiers is this person, so only those that are numbered as the first is are given beside it: a
 * person's key is made of issuer and number alone, and two numbering systems of one trust share numbers. `3002` of its record
 * numbers and `3002` of its internal ones would make one of two people, and somebody else's stay under a patient's NHS number
 * is worse than two stays of one patient that are apart.
 */
export function personOf(
  segment: Segment,
  field: number,
  { status, trust, mode, day }: { status: string | null; trust: string; mode: Mode; day: Day },
): NamedPerson | Faulty {
  const path = `${segment.name}-${field}`;
  const identifiers = identifiersOf(segment, field);
  const numbers = currentOf(identifiers.filter(isNhs), day);
  const faults: Fault[] = [];
  const digits = new Set<string>();
  for (const { id } of numbers) {
    const parsed = nhsNumber.parseNhsNumber(id, mode, path);
    if (parsed.fault) faults.push(parsed.fault);
    else digits.add(parsed.value);
  }
  if (digits.size > 1) faults.push(fault('nhsNumberConflict', path));
  if (status !== null && !nhsNumber.isNhsNumberStatus(status))
    faults.push(fault('nhsNumberStatusUnknown', `${segment.name}-32`));
  const [number = null] = digits;
  const locals = localsThatCount(inOrder(identifiers, trust, day), number);
  if (faults.length === 0 && !number && locals.length === 0)
    faults.push(fault('personMissing', path));
  if (faults.length > 0) return new Faulty(faults);
  // Nothing said of a number that is there: present, not known to be traced. Without one: trace required.
  const nhsNumberStatus = status ?? (number ? '02' : '03');
  return withLocals({ nhsNumber: number, nhsNumberStatus }, locals);
}

/** The person under the first of these local identifiers, with the others beside it. */
export function withLocals(
  { nhsNumber, nhsNumberStatus }: Omit<PersonRef, 'local'>,
  [local, ...others]: readonly Local[],
): NamedPerson {
  const named = { nhsNumber, nhsNumberStatus, local: local ?? null };
  return others.length > 0 ? { ...named, others } : named;
}

/**
 * The first, and those that have not ended and are numbered as it is. A number that has ended may be somebody else's by now,
 * so it tells who is meant only where nothing better does.
 */
function localsThatCount(candidates: Candidate[], number: string | null): Local[] {
  const current = candidates.filter(({ ended }) => !ended);
  const [first] = current;
  if (first) return eachOnce(current.filter(({ numbering }) => numbering === first.numbering));
  return number === null ? eachOnce(candidates.slice(0, 1)) : [];
}

/**
 * All local identifiers of a field, however they are numbered, each once, the one that counts first, those that have ended
 * last: for a merge, which says of whatever it names that it is one person.
 */
export const localsOf = (segment: Segment, field: number, trust: string, day: Day): Local[] =>
  eachOnce(inOrder(identifiersOf(segment, field), trust, day));

const eachOnce = (candidates: Candidate[]): Local[] =>
  candidates
    .map(({ local }) => local)
    .filter((local, at, all) => all.findIndex((one) => isSame(one, local)) === at);

/** Those that have not ended; all if all have, for somebody is meant. */
function currentOf(identifiers: Identifier[], day: Day): Identifier[] {
  const current = identifiers.filter((one) => !hasEnded(one, day));
  return current.length > 0 ? current : identifiers;
}

function hasEnded({ ends }: Identifier, day: Day): boolean {
  const last = ends === null || day === null ? null : lastDayOf(ends);
  return last !== null && last < day!;
}

/** The last day of what may be a day, a month or a year (DT); null if it is none of them. */
function lastDayOf(text: string): number | null {
  const [, year, month = '12'] = /^(\d{4})(0[1-9]|1[0-2])?$/.exec(text) ?? [];
  if (year) return Date.UTC(Number(year), Number(month), 0) / DAY;
  const date = dateOf(text, '');
  return typeof date === 'string' ? daysOf(date) : null;
}

/** A sender's own identifiers come before those of others, and then one order is as good as any, if it is always the same. */
function inOrder(identifiers: Identifier[], trust: string, day: Day): Candidate[] {
  const rankOf = ({ type }: Identifier): number => RANKS.get(type ?? '') ?? LAST;
  return identifiers
    .filter((one) => !isNhs(one) && !numbersNoRecord(one.type ?? ''))
    .map((one) => {
      const issuer = issuerOf(one, trust);
      const numbering = numberingOf(one, issuer);
      const ended = hasEnded(one, day);
      const place = [ended ? 1 : 0, rankOf(one), issuer === trust ? 0 : 1, issuer];
      const order = [...place, one.id, numbering];
      return { local: { id: one.id, issuer }, numbering, ended, order };
    })
    .sort((one, other) => compareParts(one.order, other.order));
}

/**
 * What numbering system an identifier is of: its kind and its authority as stated, the facility where none is. That of an
 * identifier with an authority is only where it was first given out.
 */
const numberingOf = ({ type, authority, oid, facility }: Identifier, issuer: string): string =>
  JSON.stringify([type, authority, oid, authority ?? oid ?? facility, issuer]);

/** Whether two are one local identifier: the same number of the same issuer. */
export const isSame = (one: Local, other: Local | null): boolean =>
  one.id === other?.id && one.issuer === other.issuer;

/** NHS number status as PID-32 states it (`NSTS01` … `NSTS08`, ITK table 0445); null if it says none. */
export function numberStatusOf(pid: Segment): string | null {
  for (let repetition = 0; repetition < pid.repetitions(32); repetition++) {
    const code = /^NSTS(.*)$/.exec(pid.value(32, 1, 1, repetition) ?? '');
    if (code) return code[1]!;
  }
  return null;
}

function identifiersOf(segment: Segment, field: number): Identifier[] {
  const found: Identifier[] = [];
  for (let repetition = 0; repetition < segment.repetitions(field); repetition++) {
    const part = (component: number): string | null =>
      segment.value(field, component, 1, repetition) ?? null;
    const id = part(1);
    if (id) {
      const oid = segment.value(field, 4, 2, repetition) ?? null;
      const [authority, facility, ends] = [part(4), part(6), part(8)];
      const type = part(5)?.toUpperCase() ?? null;
      found.push({ id, authority, oid, type, facility, ends });
    }
  }
  return found;
}

/** NHS is the ITK's name of the authority (table 0363); NHSNBR and the like are what other systems write. */
const isNhsName = (name: string | null): boolean =>
  /^NHS(?:N(?:O|BR|MBR|UM|UMBER))?$/i.test(name ?? '');

/**
 * By its authority, by the number's OID, or by its type: NH in the standard's table 0203, and NHS without any authority from
 * many hospitals (`9434765919^^^^NHS`), some of which name nothing but a facility.
 */
const isNhs = ({ authority, oid, type, facility }: Identifier): boolean =>
  isNhsName(authority) ||
  [authority, oid].includes(NHS_OID) ||
  type === 'NH' ||
  isNhsName(type) ||
  (!authority && !type && isNhsName(facility));

const issuerOf = ({ authority, facility }: Identifier, trust: string): string =>
  [authority, facility].find((code) => code && isOdsCode(code)) ?? trust;
