import type { DataContract } from '../promise/data-contract.js';
import { namesOf, standardKey, type Standard, type Trigger } from './standard.js';

/** What a standard asks of a product on a day: conform now, conform by a day to come, or nothing. */
export type Demand = 'now' | 'coming' | 'nothing';

/** Does the standard reach this product: its care setting, and what it holds? */
export function reaches(standard: Standard, contract: DataContract): boolean {
  const settings: readonly string[] = standard.appliesTo.careSettings ?? standard.careSettings;
  return (
    contract.careSetting.some((setting) => settings.includes(setting)) &&
    standard.appliesTo.products.some((trigger) => isTriggered(trigger, contract))
  );
}

function isTriggered(trigger: Trigger, { fields, purposes }: DataContract): boolean {
  switch (trigger.kind) {
    case 'every-product':
      return true;
    case 'person-level':
      return fields.some(({ role }) => role === 'nhs-number' || role === 'local-identifier');
    case 'secondary-use':
      return purposes.some((purpose) => purpose !== 'individual-care');
    case 'field-words':
      return fields.some(({ path }) => holdsWord(path, trigger.words));
    case 'code-system':
      return fields.some(({ codes }) => codes !== undefined && isOf(codes.system, trigger.systems));
  }
}

/**
 * What a mandated standard asks on `today` (YYYY-MM-DD). Nothing of a standard that is not mandated; of one in use
 * without a date, conformance now: its notice was in force before the catalogue was begun.
 */
export function demandOf(standard: Standard, today: string): Demand {
  const { mandation, state, conformanceDate } = standard;
  if (mandation.status !== 'mandated' || state === 'retired') return 'nothing';
  if (conformanceDate !== null) return conformanceDate <= today ? 'now' : 'coming';
  return state === 'active' || state === 'deprecated' ? 'now' : 'nothing';
}

/** Does the contract say that the product conforms to it, under whatever of its names? */
export function isDeclared(standard: Standard, contract: DataContract): boolean {
  const names = namesOf(standard);
  return contract.standards.some(({ id }) => names.includes(standardKey(id)));
}

/** Is any of the words in the path of a field? Letter case does not count: `mainDiagnosisCode` holds `diagnosis`. */
export function holdsWord(path: string, words: readonly string[]): boolean {
  const text = path.toLowerCase();
  return words.some((word) => text.includes(word.toLowerCase()));
}

/** Is the code system one of these, or below one of them? */
export function isOf(system: string, systems: readonly string[]): boolean {
  return systems.some((one) => system === one || system.startsWith(`${one}/`));
}
