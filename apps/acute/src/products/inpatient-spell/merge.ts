import { Faulty, fault, type Change, type NamedPerson } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import type { Segment } from '../../sources/hl7/message.js';
import { isSame, localsOf, numberStatusOf, personOf, withLocals, type Local } from './person.js';
import type { InpatientSpell } from './record.gen.js';
import { dayOfMessage } from './times.js';

type Naming = Pick<AdtMessage, 'trust' | 'mode'> & { day: number | null };
/** Most people that one message merges: senders state one, and all of a message are decided in one transaction. */
const MOST_MERGES = 200;
const TOO_MANY = `a message merges at most ${MOST_MERGES} people`;

/**
 * The merges of an A40: each PID is a survivor, the MRG after it whom it replaces, both with every repetition of their
 * identifiers. Two registrations of one NHS number differ in their local identifiers alone, so then only those are merged.
 */
export function toMerges(source: AdtMessage): Change<InpatientSpell>[] | Faulty {
  const { message, trust, mode, at } = source;
  const day = dayOfMessage(source);
  const changes: Change<InpatientSpell>[] = [];
  let into: NamedPerson | Faulty | null = null;
  for (const segment of message.all('PID', 'MRG')) {
    if (segment.name === 'PID') {
      into = named(segment, 3, numberStatusOf(segment), { trust, mode, day });
      continue;
    }
    if (changes.length === MOST_MERGES)
      return new Faulty([fault('hl7SegmentMalformed', `MRG[${MOST_MERGES + 1}]`, TOO_MANY)]);
    if (!into) return new Faulty([fault('hl7SegmentMissing', 'PID')]);
    // Whoever ends is named by what has ended.
    const prior = named(segment, 1, null, { trust, mode, day: null });
    if (into instanceof Faulty) return into;
    if (prior instanceof Faulty) return prior;
    const survivor = whoSurvives(into, prior);
    const from = whatEnds(prior, survivor);
    if (!from) return new Faulty([fault('mergeIntoSelf', 'MRG-1')]);
    changes.push({ change: 'merge', from, into: survivor, publisherOds: trust, at });
  }
  return changes;
}

/** The person of a field, with the local identifiers that it gives beside the one that counts elsewhere. */
function named(
  segment: Segment,
  field: number,
  status: string | null,
  naming: Naming,
): NamedPerson | Faulty {
  const person = personOf(segment, field, { status, ...naming });
  if (person instanceof Faulty) return person;
  return withLocals(person, localsOf(segment, field, naming.trust, naming.day));
}

/**
 * The survivor under an identifier that does not end, if they have one: PID-3 may give those of both, in any order, and
 * which comes first must not decide whether they are two.
 */
function whoSurvives(into: NamedPerson, prior: NamedPerson): NamedPerson {
  const [ending, locals] = [localsIn(prior), localsIn(into)];
  const kept = locals.find((local) => !ending.some((one) => isSame(one, local)));
  if (!kept) return into;
  return withLocals(into, [kept, ...locals.filter((one) => one !== kept)]);
}

/**
 * The prior person without what the survivor keeps; null if nothing is left. Somebody known by the survivor's own local
 * identifier, but without their number, is held as another until now, and ends: an update that gives both says as much.
 */
function whatEnds(prior: NamedPerson, into: NamedPerson): NamedPerson | null {
  if (prior.nhsNumber !== null && prior.nhsNumber !== into.nhsNumber) return prior;
  const ending = localsIn(prior).filter((one) => !isSame(one, into.local));
  if (ending.length > 0) return withLocals({ nhsNumber: null, nhsNumberStatus: '03' }, ending);
  return prior.nhsNumber === null && into.nhsNumber !== null ? prior : null;
}

const localsIn = ({ local, others = [] }: NamedPerson): Local[] =>
  local ? [local, ...others] : [];
