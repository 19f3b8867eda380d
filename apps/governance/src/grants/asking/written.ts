import { z } from 'zod';
import { draftBody } from '../shapes.js';

/** A draft as it is written, in a template perhaps, whose blanks are null: what is null is not said yet. */
export const writtenDraft = z.preprocess(said, draftBody);

function said(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}
