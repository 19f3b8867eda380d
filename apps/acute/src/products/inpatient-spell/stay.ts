import { fault } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import { nameOfSender } from '../../sources/hl7/header.js';
import type { Segment, Value } from '../../sources/hl7/message.js';
import { isOdsCode, isTrustOrSite } from '../../sources/senders.js';
import type { Stated } from './stated.js';
import { endsBeforeStart, occurredOf, whenOf } from './times.js';

/** HL7 table 0004 of the ITK profile: outpatients, those before admission and those on a waiting list. */
const NOT_ADMITTED = new Set(['O', 'P', 'W', 'N']);

/** Recurring, obstetric, commercial, unknown: classes of the same table that have no NHS classification. */
const UNCLASSIFIED = new Set(['R', 'B', 'C', 'U']);

/**
 * True if the visit is a stay in a bed. Class E is an emergency attendance unless the message says how the
 * person was admitted (PV1-4).
 */
export function isStay(pv1: Segment): boolean {
  const patientClass = pv1.value(2) ?? '';
  if (patientClass === 'E') return typeof pv1.value(4) === 'string';
  return !NOT_ADMITTED.has(patientClass);
}

/**
 * True if the class says that the visit is no stay in a bed: of outpatients, not admitted yet, or an emergency attendance
 * whose admission is withdrawn. `N` (not applicable) says nothing of the visit, and E alone is how a stay may have begun.
 */
export function isNoStayNow(pv1: Segment): boolean {
  const patientClass = pv1.value(2) ?? '';
  return /^[OPW]$/.test(patientClass) || (patientClass === 'E' && pv1.value(4) === null);
}

/** What PV1, PV2, EVN and ZU1 state of the stay itself. */
export function stateStay(stated: Stated, source: AdtMessage, pv1: Segment): void {
  const { message, trust } = source;
  stated.text('providerOds', trust);
  stated.text('hospitalProviderSpellNumber', pv1.value(19));
  // Of a stay that is held, whatever its class: what that says of another kind of visit is no classification of it.
  if (isStay(pv1)) stateClassification(stated, pv1.value(2));
  stated.text('admissionMethod', pv1.value(4));
  stated.text('sourceOfAdmission', pv1.value(14));
  stated.text('treatmentFunctionCode', pv1.value(10));
  stated.text('consultantCode', pv1.value(9) ?? pv1.value(7) ?? pv1.part(9) ?? pv1.part(7));
  const reason = message.first('PV2');
  if (reason) stated.text('admissionReasonText', reason.value(3, 2) ?? reason.value(3));
  stateLocation(stated, pv1, source);
  stateUkData(stated, message.first('ZU1'));
  stated.time('admissionAt', whenOf(pv1, 44, source, 'A01'));
  stateDischarge(stated, source, pv1);
}

/** PV1-2 as the NHS classification: 1 to 5 as they are; an inpatient is an ordinary admission. */
function stateClassification(stated: Stated, patientClass: Value): void {
  if (typeof patientClass === 'string' && /^[1-5IE]$/.test(patientClass))
    stated.text('patientClassification', /^[IE]$/.test(patientClass) ? '1' : patientClass);
  else if (patientClass === null) stated.text('patientClassification', null);
  else if (patientClass && !UNCLASSIFIED.has(patientClass))
    stated.fault(fault('codeUnknown', 'PV1-2'));
}

/**
 * Where the person is: PV1-3 is ward (see `wardOf`), bed (component 3) and site (4). A transfer (A02) says when;
 * its cancellation (A12) takes that back, PV1-3 being the place before it.
 */
function stateLocation(stated: Stated, pv1: Segment, source: AdtMessage): void {
  const site = pv1.part(3, 4);
  stated.text('wardCode', wardOf(pv1, source));
  stated.text('bedCode', pv1.part(3, 3));
  stated.text('siteOds', site && !isOdsCode(site) ? null : site);
  if (source.event === 'A12') stated.give('transferredAt', null);
  if (source.event === 'A02') stated.time('transferredAt', occurredOf(source));
}

/**
 * The ward is component 1 of PV1-3, as the standard has it: point of care, room, bed, facility. In the ITK profile that is an
 * organisation and the ward component 2. By its shape alone an organisation cannot be told (`W27` looks like a code), so it
 * is one that the message names elsewhere, the sender or the facility, or a trust of England where no facility says otherwise.
 */
function wardOf(pv1: Segment, { message, trust }: AdtMessage): Value {
  const [first, second, facility] = [pv1.value(3), pv1.value(3, 2), pv1.value(3, 4)];
  if (typeof first !== 'string') return second === undefined ? pv1.part(3) : second;
  const named = [trust, nameOfSender(message.header), facility];
  if (named.some((one) => one && isOfOne(first.toUpperCase(), one.toUpperCase())))
    return pv1.part(3, 2);
  const isOther = second !== undefined && !facility && isTrustOrSite(first);
  return isOther ? second : first;
}

/** True of the same name, and of a trust and its sites: a site's code is that of its trust with two characters more. */
const isOfOne = (one: string, other: string): boolean =>
  one === other ||
  ([one, other].every((code) => /^[A-Z0-9]{3}(?:[A-Z0-9]{2})?$/.test(code)) &&
    one.slice(0, 3) === other.slice(0, 3));

/** A discharge (A03) has a time; its cancellation (A13) takes everything about the discharge back. */
function stateDischarge(stated: Stated, source: AdtMessage, pv1: Segment): void {
  if (source.event === 'A13') {
    stated.give('dischargeAt', null);
    stated.give('dischargeMethod', null);
    stated.give('dischargeDestination', null);
    return;
  }
  stated.time('dischargeAt', whenOf(pv1, 45, source, 'A03'));
  stated.text('dischargeMethod', pv1.value(36));
  stated.text('dischargeDestination', pv1.value(37));
  stated.settleTimes();
  if (endsBeforeStart(stated.content)) stated.fault(fault('endBeforeStart', 'PV1-45'));
}

/**
 * The UK's own segment ZU1: main specialty (6) and the day of being ready for discharge (24). A Z segment is never
 * in the way: what it holds that cannot be read is passed over.
 */
function stateUkData(stated: Stated, zu1: Segment | undefined): void {
  const specialty = zu1?.value(6);
  if (specialty === null || /^\d{3}$/.test(specialty ?? ''))
    stated.text('mainSpecialty', specialty);
  const ready = zu1?.value(24);
  if (ready === null || /^\d{8}/.test(ready ?? '')) {
    const before = stated.faults.length;
    stated.date('dischargeReadyDate', ready, 'ZU1-24');
    stated.faults.length = before;
  }
}
