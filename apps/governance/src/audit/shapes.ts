import type { Caller } from '@caremesh/platform';
import { z } from 'zod';
import { IDENTIFIES, freeText, identifiesNobody } from '../decisions/free-text.js';

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
const particular = z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()]);

/** An entry by a domain or service about something it did: a revealed payload, a refused sign-in. */
export const noteBody = z.strictObject({
  action: z.string().max(80).regex(name, 'An action "<noun>.<verb>" is expected.'),
  object: freeText(z.string().min(1).max(300)),
  detail: z
    .record(z.string().max(60), particular)
    .superRefine((detail, context) => {
      for (const [key, value] of Object.entries(detail)) {
        // A key is not named as the place: it is what identifies.
        if (!identifiesNobody(key)) context.addIssue({ code: 'custom', ...REFUSED });
        else if (!identifiesNobody(String(value))) {
          context.addIssue({ code: 'custom', ...REFUSED, path: [key] });
        }
      }
    })
    .default({}),
});
export type NoteBody = z.output<typeof noteBody>;

const REFUSED = { message: IDENTIFIES.error, params: IDENTIFIES.params };

type Writer = Pick<Caller, 'sub' | 'kind' | 'name'>;
type Noted = { by: (caller: Writer) => boolean; of: (caller: Writer) => RegExp };

const ofItself = { of: ({ name: own }: Writer) => new RegExp(`^service:${own}$`) };
const byDomains = {
  by: ({ kind }: Writer) => kind === 'domain',
  of: ({ name: own }: Writer) => new RegExp(`^${own}/quarantine/[a-z0-9-]+$`),
};
const byOutputPorts = {
  by: ({ sub }: Writer) => sub === 'svc-output-ports',
  of: () => /^grant:[a-z0-9-]+$/,
};

/**
 * All that a domain or service may write down, and of which objects. Everything else is said by governance: a service that could
 * say it too could make a decision look taken.
 */
const NOTED: Readonly<Record<string, Noted>> = {
  'sign-in.refused': { by: () => true, ...ofItself },
  'quarantine.revealed': byDomains,
  'quarantine.discarded': byDomains,
  'output-port.opened': byOutputPorts,
  'output-port.closed': byOutputPorts,
  'sql-credential.made': byOutputPorts,
  'sql-credential.ended': byOutputPorts,
  'aggregate.answered': byOutputPorts,
};

/** May the caller, a domain or a service, write an entry of this action on this object? Pure. */
export function mayNote(
  caller: Writer,
  { action, object }: Pick<NoteBody, 'action' | 'object'>,
): boolean {
  if (!Object.hasOwn(NOTED, action)) return false;
  const { by, of } = NOTED[action]!;
  return by(caller) && of(caller).test(object);
}
