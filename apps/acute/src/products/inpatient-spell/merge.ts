import { Faulty, fault, type Change, type MergeRef, type PersonRef } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import type { Segment } from '../../sources/hl7/message.js';
import { numberStatusOf, personOf } from './person.js';
import type { InpatientSpell } from './record.gen.js';

type Naming = Pick<AdtMessage, 'trust' | 'mode'>;
type Local = NonNullable<PersonRef['local']>;
/** Most people that one message merges: senders state one, and all of a message are decided in one transaction. */
const MOST_MERGES = 200;
const TOO_MANY = `a message merges at most ${MOST_MERGES} people`;

/**
 * The merges of an A40: each PID is a survivor, the MRG after it whom it replaces, both with every repetition of their
 * identifiers. Two registrations of one NHS number differ in their local identifiers alone, so then only those are merged.
 */
export function toMerges({
  message,
  trust,
  mode,
  at,
}: AdtMessage): Change<InpatientSpell>[] | Faulty {
  const changes: Change<InpatientSpell>[] = [];
  let into: MergeRef | Faulty | null = null;
  for (const segment of message.all('PID', 'MRG')) {
    if (segment.name === 'PID') {
      into = named(segment, 3, numberStatusOf(segment), { trust, mode });
      continue;
    }
    if (changes.length === MOST_MERGES)
      return new Faulty([fault('hl7SegmentMalformed', `MRG[${MOST_MERGES + 1}]`, TOO_MANY)]);
    if (!into) return new Faulty([fault('hl7SegmentMissing', 'PID')]);
    const prior = named(segment, 1, null, { trust, mode });
    if (into instanceof Faulty) return into;
    if (prior instanceof Faulty) return prior;
    const from = whatEnds(prior, into);
    if (!from) return new Faulty([fault('mergeIntoSelf', 'MRG-1')]);
    changes.push({ change: 'merge', from, into, publisherOds: trust, at });
  }
  return changes;
}

/** The person of a field, with the local identifiers that it gives beside the one that counts elsewhere. */
function named(
  segment: Segment,
  field: number,
  status: string | null,
  naming: Naming,
): MergeRef | Faulty {
  const person = personOf(segment, field, { status, ...naming });
  if (person instanceof Faulty) return person;
  const others: Local[] = [];
  for (let repetition = 0; repetition < segment.repetitions(field); repetition++) {
    const one = personOf(segment.only(field, repetition), field, { status: null, ...naming });
    // One that names nobody numbers a visit, or is empty.
    const local = one instanceof Faulty ? null : one.local;
    if (local && ![person.local, ...others].some((known) => isSame(local, known)))
      others.push(local);
  }
  return others.length > 0 ? { ...person, others } : person;
}

/** The prior person without what the survivor keeps; null if nothing is left. */
function whatEnds(prior: MergeRef, into: MergeRef): MergeRef | null {
  if (prior.nhsNumber !== null && prior.nhsNumber !== into.nhsNumber) return prior;
  const locals = prior.local ? [prior.local, ...(prior.others ?? [])] : [];
  const [local, ...others] = locals.filter((one) => !isSame(one, into.local));
  if (!local) return null;
  const ends = { nhsNumber: null, nhsNumberStatus: '03', local };
  return others.length > 0 ? { ...ends, others } : ends;
}

const isSame = (one: Local, other: Local | null): boolean =>
  one.id === other?.id && one.issuer === other.issuer;
