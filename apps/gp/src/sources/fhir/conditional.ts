import { nhsNumber, References, type Held, type Place } from '@caremesh/product';
import type { Identifier, Patient, Reference, Supporting } from './resources.js';

/** Identifiers that a conditional reference asks for, and whether it asks for nothing else. */
type Asked = { identifiers: Identifier[]; alone: boolean };

/**
 * A search for a patient in place of a reference (FHIR R4, http.html#transaction, conditional references). Far longer than any
 * that is meant: one that waits is looked at again with each resource that comes.
 */
const SEARCH = /^Patient\?(.{1,2000})$/s;
/** A system and a value. A comma would mean any of several, a missing part whatever it is; neither tells who it is. */
const TOKEN = /^([^|,\\]+)\|([^|,\\]+)$/;

function askedIn(reference: string | undefined): Asked {
  const query = SEARCH.exec(reference ?? '')?.[1];
  if (query === undefined) return { identifiers: [], alone: false };
  const criteria = [...new URLSearchParams(query)];
  const identifiers = criteria.flatMap(([name, text]) => {
    const token = name === 'identifier' ? TOKEN.exec(text) : null;
    return token?.[2]!.trim() ? [{ system: token[1], value: token[2] }] : [];
  });
  return { identifiers, alone: criteria.length === 1 };
}

/** The identifiers by which a reference asks for a patient. */
export const identifiersAskedFor = ({ reference }: Reference): Identifier[] =>
  askedIn(reference).identifiers;

const isNumber = ({ system }: Identifier): boolean => nhsNumber.isNhsNumberSystem(system);

/** The NHS numbers by which a reference asks for a patient: who it is, whoever else is in the submission. */
export const numbersAskedFor = (reference: Reference): Identifier[] =>
  identifiersAskedFor(reference).filter(isNumber);

/**
 * The one identifier that tells whom a reference means. An NHS number does whatever is asked beside it. Any other may be one of several
 * that a local system gave, which the criteria that are not read would tell apart.
 */
function decisive({ reference }: Reference): Identifier | undefined {
  const { identifiers, alone } = askedIn(reference);
  return identifiers.find(isNumber) ?? (alone ? identifiers[0] : undefined);
}

/** True if a reference names a patient by what patients of the submission may have. */
export const isConditional = (reference: Reference): boolean => decisive(reference) !== undefined;

/**
 * The resources of a submission, with patients found also by what a conditional reference asks for: as a name without a server,
 * among those of the same Bundle, or of those that stand in none.
 */
export class Submission extends References<Supporting> {
  /** At most two of a name: a third changes nothing in that it is ambiguous. */
  private readonly patients = new Map<string, Held<Supporting>[]>();
  /** Names by which a patient was found before another of that name could be ruled out. */
  private readonly given = new Set<string>();

  override add(id: unknown, held: Held<Supporting>): void {
    super.add(id, held);
    if (held.resource?.resourceType !== 'Patient') return;
    for (const identifier of currentOf(held.resource)) {
      const name = within(held.place, identifier);
      const others = (this.patients.get(name) ?? []).filter(
        (one) => one !== held && !one.superseded,
      );
      if (others.length > 1) continue;
      // An NHS number is the person's: what was given out by it is nobody else's.
      if (others.length > 0 && this.given.has(name) && !isNumber(identifier)) held.contested = true;
      this.patients.set(name, [...others, held]);
    }
  }

  override find(reference: Reference | undefined, from: Place): Held<Supporting> | undefined {
    const identifier = reference && decisive(reference);
    if (!identifier) return super.find(reference, from);
    const found = this.patients.get(within(from, identifier)) ?? [];
    return found.length === 1 ? found[0] : undefined;
  }

  override take(reference: Reference | undefined, from: Place): Held<Supporting> | undefined {
    const found = super.take(reference, from);
    const identifier = found && reference && decisive(reference);
    if (identifier && !this.isSettled(reference, from)) this.given.add(within(from, identifier));
    return found;
  }

  override isSettled(reference: Reference | undefined, from: Place): boolean {
    const isMeantAnywhere = reference !== undefined && isConditional(reference);
    return super.isSettled(reference, isMeantAnywhere ? { ...from, fullUrl: undefined } : from);
  }

  override isAmbiguous(reference: Reference | undefined, from: Place): boolean {
    const identifier = reference && decisive(reference);
    if (!identifier) return super.isAmbiguous(reference, from);
    return (this.patients.get(within(from, identifier)) ?? []).length > 1;
  }
}

const currentOf = ({ identifier = [] }: Patient): Identifier[] =>
  identifier.filter(({ use, system, value }) => use !== 'old' && system && value?.trim());

/** The same for each way in which an NHS number and its system are written. */
function within({ bundle }: Place, identifier: Identifier): string {
  const { system, value = '' } = identifier;
  const name = isNumber(identifier)
    ? `NHS number ${value.replaceAll(/[\s-]/g, '')}`
    : `${system}|${value.trim()}`;
  return `${bundle ?? ''} ${name}`;
}
