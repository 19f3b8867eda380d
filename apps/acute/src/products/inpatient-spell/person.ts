import { Faulty, fault, nhsNumber, type Fault, type Mode, type PersonRef } from '@caremesh/product';
import type { Segment } from '../../sources/hl7/message.js';
import { isOdsCode } from '../../sources/senders.js';

type Identifier = {
  id: string;
  authority: string | null;
  /** The authority's universal id, where it is named by one. */
  oid: string | null;
  facility: string | null;
  type: string | null;
};

/** The NHS number's own object identifier. */
const NHS_OID = '2.16.840.1.113883.2.1.4.1';
/** Identifier types (HL7 table 0203) that number a visit or account, not a person. */
const NOT_A_PERSON = new Set(['VN', 'AN', 'VISITID']);

/**
 * Whom a field of identifiers (CX, repeated) is about.
 * The NHS number is the repetition whose authority is NHS (ITK table 0363) or whose type is NH; the first other
 * one is the local identifier, issued by its authority or facility if that is an ODS code, and otherwise by the
 * sender: `22789^^^LOCALID` of RCB is RCB's.
 */
export function personOf(
  segment: Segment,
  field: number,
  { status, trust, mode }: { status: string | null; trust: string; mode: Mode },
): PersonRef | Faulty {
  const path = `${segment.name}-${field}`;
  const identifiers = identifiersOf(segment, field);
  const numbers = identifiers.filter(isNhs);
  const faults: Fault[] = [];
  const digits = new Set<string>();
  for (const { id } of numbers) {
    const parsed = nhsNumber.parseNhsNumber(id, mode, path);
    if (parsed.fault) faults.push(parsed.fault);
    else digits.add(parsed.value);
  }
  if (digits.size > 1) faults.push(fault('nhsNumberConflict', path));
  const local = identifiers.find((one) => !isNhs(one) && !NOT_A_PERSON.has(one.type ?? ''));
  const [number = null] = digits;
  if (faults.length === 0 && !number && !local) faults.push(fault('personMissing', path));
  if (faults.length > 0) return new Faulty(faults);
  return {
    nhsNumber: number,
    // Nothing said of a number that is there: present, not known to be traced. Without one: trace required.
    nhsNumberStatus: status ?? (number ? '02' : '03'),
    local: local ? { id: local.id, issuer: issuerOf(local, trust) } : null,
  };
}

/** NHS number status from PID-32 (`NSTS01` … `NSTS08`, ITK table 0445); null if it says none. */
export function numberStatusOf(pid: Segment): string | null {
  for (let repetition = 0; repetition < pid.repetitions(32); repetition++) {
    const code = /^NSTS(0[1-8])$/.exec(pid.value(32, 1, 1, repetition) ?? '');
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
      found.push({ id, authority: part(4), oid, type: part(5), facility: part(6) });
    }
  }
  return found;
}

/** NHS is the ITK's name of the authority; NHSNBR and the like, or the OID, are what other systems write. */
const isNhs = ({ authority, oid, type }: Identifier): boolean =>
  /^NHS(?:N(?:O|BR|MBR|UM|UMBER))?$/i.test(authority ?? '') ||
  [authority, oid].includes(NHS_OID) ||
  (type === 'NH' && !isOdsCode(authority ?? ''));

const issuerOf = ({ authority, facility }: Identifier, trust: string): string =>
  [authority, facility].find((code) => code && isOdsCode(code)) ?? trust;
