import { Faulty, fault, type Change, type PersonRef } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import type { Segment } from '../../sources/hl7/message.js';
import { numberStatusOf, personOf } from './person.js';
import type { InpatientSpell } from './record.gen.js';

/**
 * The merges of an A40: each PID is a survivor, the MRG after it whom it replaces. Two registrations of one NHS
 * number differ in their local identifiers alone, so then only those are merged.
 */
export function toMerges({
  message,
  trust,
  mode,
  at,
}: AdtMessage): Change<InpatientSpell>[] | Faulty {
  const changes: Change<InpatientSpell>[] = [];
  let survivor: Segment | null = null;
  for (const segment of message.all('PID', 'MRG')) {
    if (segment.name === 'PID') {
      survivor = segment;
      continue;
    }
    if (!survivor) return new Faulty([fault('hl7SegmentMissing', 'PID')]);
    const into = personOf(survivor, 3, { status: numberStatusOf(survivor), trust, mode });
    const prior = personOf(segment, 1, { status: null, trust, mode });
    if (into instanceof Faulty) return into;
    if (prior instanceof Faulty) return prior;
    const from = whatEnds(prior, into);
    if (!from) return new Faulty([fault('mergeIntoSelf', 'MRG-1')]);
    changes.push({ change: 'merge', from, into, publisherOds: trust, at });
  }
  return changes;
}

/** The prior person without what the survivor keeps; null if nothing is left. */
function whatEnds(prior: PersonRef, into: PersonRef): PersonRef | null {
  const sameNumber = prior.nhsNumber !== null && prior.nhsNumber === into.nhsNumber;
  const sameLocal =
    prior.local !== null &&
    prior.local.id === into.local?.id &&
    prior.local.issuer === into.local.issuer;
  if (!sameNumber) return prior.nhsNumber === null && sameLocal ? null : prior;
  return prior.local && !sameLocal ? { ...prior, nhsNumber: null, nhsNumberStatus: '03' } : null;
}
