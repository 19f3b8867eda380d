import type { NamedPerson } from '../person/person-ref.js';
import type { FaultName } from '../errors.js';
import type { Entry, OwnChoice } from './held.js';

/** A code of an entry, and what a person who has it in their record said. */
export type ChoiceCode = { system: string; code: string; choice: OwnChoice; objects: boolean };

/**
 * One entry, read: who said what, about which choice, from when on. One that takes back what was said under its id carries
 * the fault that is told if nothing was.
 */
export type ChoiceStatement = Entry & {
  person: NamedPerson;
  choice: OwnChoice;
  unheld?: FaultName;
};
