import { z } from 'zod';
import { IDENTIFIES, identifiesNobody } from '../decisions/free-text.js';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'A day YYYY-MM-DD is expected.');
const moment = z.union([day, z.iso.datetime({ offset: true })]);

/** `files` to verify, or the entries as FHIR R4 AuditEvents. */
export const exportQuery = z.strictObject({
  from: moment.optional(),
  to: moment.optional(),
  format: z.enum(['files', 'fhir']).default('files'),
});
export type ExportQuery = z.output<typeof exportQuery>;

export const entriesQuery = z.strictObject({
  object: z.string().max(300).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(400).optional(),
});
export type EntriesQuery = z.output<typeof entriesQuery>;

export const processingQuery = z.strictObject({
  organisation: z
    .string()
    .regex(/^[A-Z0-9]{3,10}$/, 'An ODS code is expected.')
    .optional(),
});
export type ProcessingQuery = z.output<typeof processingQuery>;

const name = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;

/** An entry by a domain or service about something it did: a revealed payload, a refused sign-in. */
export const noteBody = z.strictObject({
  action: z.string().max(80).regex(name, 'An action "<noun>.<verb>" is expected.'),
  object: z.string().min(1).max(300),
  detail: z
    .record(z.string().max(60), z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()]))
    .refine(({ reason }) => typeof reason !== 'string' || identifiesNobody(reason), {
      ...IDENTIFIES,
      path: ['reason'],
    })
    .default({}),
});
export type NoteBody = z.output<typeof noteBody>;

// What governance says itself; a service that could say it too could make a decision look taken.
const RESERVED = new Set(
  `access conformance cover domain drift grant health ledger major mesh proposal retention
   schema standard standards topic version waiver`.split(/\s+/),
);

/** Whether only governance writes entries of this action. */
export function isReserved(action: string): boolean {
  return RESERVED.has(action.split('.')[0] ?? '');
}
