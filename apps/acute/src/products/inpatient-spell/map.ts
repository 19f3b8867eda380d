import { Faulty, fault, isFault, type Change, type PersonRef } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import type { Segment } from '../../sources/hl7/message.js';
import { stateClinical } from './clinical.js';
import { stateDemographics, UNDESCRIBED } from './demographics.js';
import { toMerges } from './merge.js';
import { numberStatusOf, personOf } from './person.js';
import type { InpatientSpell } from './record.gen.js';
import { DAYS, Stated, type Told } from './stated.js';
import { isNoStayNow, isStay, stateStay } from './stay.js';
import { besideHeld, dayOfMessage, endsBeforeStart, settled } from './times.js';

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
  if (event !== 'A08' || !isNoStayNow(pv1)) return toSpell(source, pid, pv1, true);
  const stay = {
    sourceRecordId: `${trust}/${visit}`,
    publisherOds: trust,
    at,
    onlyIfHeld: true,
  } as const;
  const person = personOf(pid, 3, { status: null, trust, mode, day: dayOfMessage(source) });
  // Whoever names nobody means the visit; whoever names somebody must be understood, for it may be somebody else.
  if (person instanceof Faulty && !person.faults.every((one) => isFault(one, 'personMissing')))
    return new Faulty(person.faults, stay);
  return [{ change: 'retract', ...stay, person: person instanceof Faulty ? null : person }];
}

function toSpell(
  source: AdtMessage,
  pid: Segment,
  pv1: Segment,
  onlyIfHeld = false,
): Change<InpatientSpell>[] | Faulty {
  const { trust, mode, at } = source;
  const stated = new Stated();
  const day = dayOfMessage(source);
  const person = personOf(pid, 3, { status: numberStatusOf(pid), trust, mode, day });
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
  if (source.event !== 'A11') {
    stateStay(stated, source, pv1);
    stateClinical(stated, source.message);
    stateDemographics(stated, source.message, pid);
  }
  if (stated.faults.length > 0) return new Faulty(stated.faults, onlyIfHeld ? change : null);
  if (source.event === 'A11') return [{ change: 'retract', ...change, closes: true }];
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
 * another person what described the former does not stay. A day alone leaves the time of that day that is held. A
 * discharge before the admission is refused, whichever is told last.
 */
export function carry(
  held: Partial<InpatientSpell>,
  { [DAYS]: days = [], ...incoming }: Told,
  { samePerson }: { samePerson: boolean },
): Partial<InpatientSpell> | Faulty {
  const told = besideHeld(held, incoming, days);
  const whole = settled({ ...held, ...(!samePerson && UNDESCRIBED), ...told }, days);
  // A message that tells neither time did not bring the contradiction.
  const place = incoming.dischargeAt ? 'PV1-45' : incoming.admissionAt ? 'PV1-44' : null;
  return place && endsBeforeStart(whole) ? new Faulty([fault('endBeforeStart', place)]) : whole;
}
