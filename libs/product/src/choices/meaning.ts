import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import type { OwnChoice } from './held.js';
import { subjectMatter } from './resources.js';
import type { Coding, SubjectMatter } from './resources.js';
import type { ChoiceCode } from './statement.js';

/** HL7's reasons for which a person lets others see their record; care is the one that local dissent is about. */
const REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const CARE = ['TREAT', 'CAREMGT', 'PATRQT', 'ETREAT'];

/** The choice an entry is about, and what it says of it: the fault where that cannot be told. */
export type Meaning = { choice: OwnChoice; objects: boolean | Fault };

/** What an entry is about; null: no choice. The fault: a choice, it seems, but not one that can be told. */
export function meaningOf(
  entry: SubjectMatter,
  codes: readonly ChoiceCode[],
): Meaning | Fault | null {
  const isConsent = entry.resourceType === 'Consent';
  const given = isConsent
    ? (entry.category ?? []).flatMap(({ coding }) => coding ?? [])
    : (entry.code.coding ?? []);
  const known = codes.find((one) => given.some((coding) => isCode(coding, one)));
  if (known) return { choice: known.choice, objects: known.objects };
  if (given.some((coding) => codes.some((one) => isAlike(coding, one))))
    return fault('choiceCodeUnknown', isConsent ? '/category' : '/code');
  if (isConsent) return aboutCare(entry);
  // Where no code states a choice, no Observation that is sent as one can be meant for this domain.
  return codes.length === 0 ? fault('choiceCodeUnknown', '/code') : null;
}

/** Where a resource that was sent with records states a choice, which is not for that source to take in; null if it states none. */
export function choiceStatedAt(resource: unknown, codes: readonly ChoiceCode[]): string | null {
  const { data } = subjectMatter.safeParse(resource);
  if (!data || meaningOf(data, codes) === null) return null;
  if (data.resourceType === 'Observation') return '/code';
  return aboutCare(data) ? '/provision' : '/category';
}

function aboutCare({
  provision,
}: Extract<SubjectMatter, { resourceType: 'Consent' }>): Meaning | null {
  const { type, purpose = [] } = provision ?? {};
  const isCare = purpose.some(({ system, code = '' }) => system === REASON && CARE.includes(code));
  if (!isCare) return null;
  if (type === 'deny' || type === 'permit') return { choice: 'dissent', objects: type === 'deny' };
  const name = type === undefined ? 'fhirElementMissing' : 'fhirElementInvalid';
  return { choice: 'dissent', objects: fault(name, '/provision/type') };
}

const isCode = ({ system, code }: Coding, one: ChoiceCode): boolean =>
  system === one.system && code === one.code;

/** The same code under another system or none; of Read codes also in the long form (`9Nu0.00`). */
const isAlike = ({ code }: Coding, one: ChoiceCode): boolean =>
  code?.trim().replace(/\.+(?:00)?$/, '') === one.code;
