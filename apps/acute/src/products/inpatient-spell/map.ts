import { Faulty, fault, type Change, type PersonRef } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import type { Segment } from '../../sources/hl7/message.js';
import { stateClinical } from './clinical.js';
import { stateDemographics } from './demographics.js';
import { toMerges } from './merge.js';
import { numberStatusOf, personOf } from './person.js';
import type { InpatientSpell } from './record.gen.js';
import { Stated } from './stated.js';
import { isStay, stateStay } from './stay.js';

/** The changes an ADT message makes to inpatient spells; none if its visit is no stay in a bed. */
export function toInpatientSpell(source: AdtMessage): Change<InpatientSpell>[] | Faulty {
  if (source.event === 'A40') return toMerges(source);
  const pid = source.message.first('PID');
  const pv1 = source.message.first('PV1');
  if (!pid || !pv1) return new Faulty([fault('hl7SegmentMissing', pid ? 'PV1' : 'PID')]);
  if (isStay(pv1)) return toSpell(source, pid, pv1);
  return source.event === 'A11' ? toRetraction(source, pv1) : [];
}

/**
 * An admission cancelled in a message that says no longer that it was one (PV1-2 went back to E or O). If the stay is
 * held it is retracted; of a visit that never was a stay nothing is published, for nobody is named.
 */
function toRetraction({ trust, at }: AdtMessage, pv1: Segment): Change<InpatientSpell>[] {
  const visit = pv1.value(19);
  if (!visit) return [];
  const sourceRecordId = `${trust}/${visit}`;
  return [{ change: 'retract', sourceRecordId, person: null, publisherOds: trust, at }];
}

function toSpell(
  source: AdtMessage,
  pid: Segment,
  pv1: Segment,
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
  };
  if (source.event === 'A11')
    return stated.faults.length > 0
      ? new Faulty(stated.faults)
      : [{ change: 'retract', ...change }];
  stateStay(stated, source, pv1);
  stateClinical(stated, source.message);
  stateDemographics(stated, source.message, pid);
  const content = stated.result();
  return content instanceof Faulty ? content : [{ change: 'upsert', ...change, content }];
}

/** Without PV1-19 nothing says which stay this is; if PV1 is the message's unfinished end, that is why. */
function visitMissing({ message }: AdtMessage): ReturnType<typeof fault> {
  const cut = !message.ended && message.lastName === 'PV1';
  return cut ? fault('hl7Truncated', 'PV1') : fault('recordIdMissing', 'PV1-19');
}

/** What a message leaves unstated stays as it is held; what it withdraws (`""`) is null and goes. */
export function carry(
  held: Partial<InpatientSpell>,
  incoming: Partial<InpatientSpell>,
): Partial<InpatientSpell> {
  return { ...held, ...incoming };
}
