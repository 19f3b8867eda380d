import { Faulty, fault, type Change, type PersonRef } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import type { Segment } from '../../sources/hl7/message.js';
import { stateClinical } from './clinical.js';
import { stateDemographics, UNDESCRIBED } from './demographics.js';
import { toMerges } from './merge.js';
import { numberStatusOf, personOf } from './person.js';
import type { InpatientSpell } from './record.gen.js';
import { Stated } from './stated.js';
import { endsBeforeStart, isNoStayNow, isStay, stateStay } from './stay.js';

/** The changes an ADT message makes to inpatient spells; none if its visit is no stay in a bed. */
export function toInpatientSpell(source: AdtMessage): Change<InpatientSpell>[] | Faulty {
  if (source.event === 'A40') return toMerges(source);
  const pid = source.message.first('PID');
  const pv1 = source.message.first('PV1');
  if (!pid || !pv1) return new Faulty([fault('hl7SegmentMissing', pid ? 'PV1' : 'PID')]);
  return isStay(pv1) ? toSpell(source, pid, pv1) : toOthers(source, pid, pv1);
}

/**
 * A message whose class says of no stay in a bed. What it says of a stay that is held counts all the same: that ends by its
 * discharge, whatever the class has become meanwhile. Its class is left as it was, but where an update is there to say that
 * the visit is no stay any more (most systems send A08 for that and not A07): then what is held is taken back, as it is by
 * an admission cancelled. Of a visit that is not held nothing is published.
 */
function toOthers(
  source: AdtMessage,
  pid: Segment,
  pv1: Segment,
): Change<InpatientSpell>[] | Faulty {
  const { event, trust, at, mode } = source;
  const visit = pv1.value(19);
  if (!visit || event === 'A01') return [];
  const stay = { sourceRecordId: `${trust}/${visit}`, publisherOds: trust, at };
  // About nobody: of a visit that never was a stay nothing may be published.
  if (event === 'A11') return [{ change: 'retract', ...stay, person: null, closes: true }];
  if (event === 'A08' && isNoStayNow(pv1)) {
    const person = personOf(pid, 3, { status: null, trust, mode });
    const named = person instanceof Faulty ? null : person;
    return [{ change: 'retract', ...stay, person: named, onlyIfHeld: true }];
  }
  return toSpell(source, pid, pv1, true);
}

function toSpell(
  source: AdtMessage,
  pid: Segment,
  pv1: Segment,
  onlyIfHeld = false,
): Change<InpatientSpell>[] | Faulty {
  const { trust, mode, at } = source;
  const stated = new Stated();
  const person = personOf(pid, 3, { status: numberStatusOf(pid), trust, mode });
  if (person instanceof Faulty) person.faults.forEach((one) => stated.fault(one));
  const visit = pv1.value(19);
  if (!visit) stated.fault(visitMissing(source));
  const change = {
    // Visit numbers are the trust's own: the same number of two trusts is two stays.
    sourceRecordId: `${trust}/${visit ?? ''}`,
    person: person as PersonRef,
    publisherOds: trust,
    at,
    ...(onlyIfHeld && { onlyIfHeld }),
  };
  if (source.event === 'A11')
    return stated.faults.length > 0
      ? new Faulty(stated.faults)
      : [{ change: 'retract', ...change, closes: true }];
  stateStay(stated, source, pv1);
  stateClinical(stated, source.message);
  stateDemographics(stated, source.message, pid);
  if (stated.faults.length > 0) return new Faulty(stated.faults, onlyIfHeld ? change : null);
  const opens = source.event === 'A01' && ({ opens: true } as const);
  return [{ change: 'upsert', ...change, content: stated.content, ...opens }];
}

/** Without PV1-19 nothing says which stay this is; if PV1 is the message's unfinished end, that is why. */
function visitMissing({ message }: AdtMessage): ReturnType<typeof fault> {
  const cut = !message.ended && message.last?.name === 'PV1';
  return cut ? fault('hl7Truncated', 'PV1') : fault('recordIdMissing', 'PV1-19');
}

/**
 * What a message leaves unstated stays as it is held; what it withdraws (`""`) is null and goes. Of a stay corrected to
 * another person what described the former does not stay. A discharge before the admission is refused, whichever is told last.
 */
export function carry(
  held: Partial<InpatientSpell>,
  incoming: Partial<InpatientSpell>,
  { samePerson }: { samePerson: boolean },
): Partial<InpatientSpell> | Faulty {
  const whole = { ...held, ...(!samePerson && UNDESCRIBED), ...incoming };
  // A message that tells neither time did not bring the contradiction.
  const told = incoming.dischargeAt ? 'PV1-45' : incoming.admissionAt ? 'PV1-44' : null;
  return told && endsBeforeStart(whole) ? new Faulty([fault('endBeforeStart', told)]) : whole;
}
