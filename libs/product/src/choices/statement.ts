import type { PersonRef } from '../define/product.js';
import type { OwnChoice, Said } from './held.js';

/** A code of an entry, and what a person who has it in their record said. */
export type ChoiceCode = { system: string; code: string; choice: OwnChoice; objects: boolean };

/** One entry, read: who said what, about which choice, from when on. */
export type ChoiceStatement = Said & { person: PersonRef; choice: OwnChoice };
