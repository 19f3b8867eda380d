import { fault } from '@caremesh/product';
import type { Message, Segment } from '../../sources/hl7/message.js';
import { dateOf } from '../../sources/hl7/time.js';
import type { Procedure } from './record.gen.js';
import { daysOf, type Stated } from './stated.js';

/**
 * Diagnoses (DG1) and procedures (PR1). A message that has any of a kind states the whole list of that kind; one
 * that has none says nothing about it.
 */
export function stateClinical(stated: Stated, message: Message): void {
  stateDiagnoses(stated, message.all('DG1'));
  stateProcedures(stated, message.all('PR1'));
}

/** The main diagnosis is the one of priority 1 (DG1-15), else the first. A confidential one (DG1-18) stays behind. */
function stateDiagnoses(stated: Stated, segments: Segment[]): void {
  if (segments.length === 0) return;
  const found: { code: string; main: boolean }[] = [];
  for (const [index, dg1] of segments.entries()) {
    const code = codeOf(stated, dg1, `DG1[${index + 1}]-3`, /^I(?:CD)?[- ]?10/i);
    if (code && dg1.value(18) !== 'Y') found.push({ code, main: dg1.value(15) === '1' });
  }
  const main = found.find((one) => one.main) ?? found[0];
  stated.give('primaryDiagnosis', main?.code ?? null);
  stated.give(
    'secondaryDiagnoses',
    found.filter((one) => one !== main).map((one) => one.code),
  );
}

function stateProcedures(stated: Stated, segments: Segment[]): void {
  if (segments.length === 0) return;
  const procedures: Procedure[] = [];
  for (const [index, pr1] of segments.entries()) {
    const path = `PR1[${index + 1}]`;
    const code = codeOf(stated, pr1, `${path}-3`, /^OPCS/i);
    const done = pr1.value(5);
    const date = typeof done === 'string' ? dateOf(done, `${path}-5`) : null;
    if (date !== null && typeof date !== 'string') stated.fault(date);
    else if (code) procedures.push({ code, date: date === null ? null : daysOf(date) });
  }
  stated.give('procedures', procedures);
}

/** The code of field 3 without its full stop or dagger and asterisk marks, if it is of the right system. */
function codeOf(stated: Stated, segment: Segment, path: string, system: RegExp): string | null {
  const code = segment.value(3);
  const named = segment.value(3, 3);
  if (named && !system.test(named)) {
    stated.fault(fault('codeSystemNotTaken', `${path}.3`));
    return null;
  }
  return code ? code.toUpperCase().replace(/[.\-*+†\s]/g, '') : null;
}
