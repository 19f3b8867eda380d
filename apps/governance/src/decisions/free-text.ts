import { holdsNhsNumber } from '@caremesh/contract';
import type { z } from 'zod';
import { ledgerErrors } from '../errors.js';

const entry = ledgerErrors.personIdentified;

/** A text that people write. What they write goes on the ledger, which forgets nothing: no person is named in it by number. */
export function freeText(text: z.ZodString): z.ZodString {
  return text.refine(identifiesNobody, IDENTIFIES);
}

/** Whether a text that will stand on the ledger holds no NHS number. */
export const identifiesNobody = (text: string): boolean => !holdsNhsNumber(text);

/** How a refusal reads: the place, never what was found there. */
export const IDENTIFIES = { error: entry.title, params: { entry } };
