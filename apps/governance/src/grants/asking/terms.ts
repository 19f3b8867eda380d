import { EXEMPTIONS } from '@caremesh/contract';
import { z } from 'zod';
import { IDENTIFIES, freeText, identifiesNobody } from '../../decisions/free-text.js';

const day = z.iso.date('A day YYYY-MM-DD is expected.');
const text = (longest: number) => z.string().trim().min(1).max(longest);
const words = (longest: number) => freeText(text(longest));
const ods = z.string().regex(/^[A-Z0-9]{3,10}$/, 'An ODS code is expected.');

/** Statuses of the Data Security and Protection Toolkit, as NHS England publishes them per ODS code and year. */
const DSPT = ['exceeded', 'met', 'approaching', 'not-met'] as const;

// A name is in the path of what is refused under it: one that identifies somebody is refused with the whole.
function justified(given: Record<string, string>, { addIssue }: z.RefinementCtx): void {
  for (const [name, why] of Object.entries(given)) {
    const isPlain = identifiesNobody(name);
    if (isPlain && identifiesNobody(why)) continue;
    const { error: message, params } = IDENTIFIES;
    addIssue({ code: 'custom', path: isPlain ? [name] : [], message, params });
  }
}

/**
 * What is agreed beside purpose, fields and period. All of it is optional here: what a purpose demands is the
 * matter of the policy for grants, which is data and decided on.
 */
export const termsShape = {
  /** Who will use the data. */
  people: z
    .array(z.strictObject({ name: words(200), role: words(200).optional() }))
    .min(1)
    .max(200)
    .optional(),
  /** Why each field is needed, by its name. */
  justifications: z.record(text(200), text(2_000)).superRefine(justified).optional(),
  /** Data protection impact assessment. */
  dpia: z.strictObject({ reference: words(200), date: day.optional() }).optional(),
  /** Data sharing agreement, with the last day on which it holds. */
  agreement: z.strictObject({ reference: words(200), until: day }).optional(),
  /** Data Security and Protection Toolkit of the recipient. */
  dspt: z.strictObject({ status: z.enum(DSPT), year: text(9).optional() }).optional(),
  reviewOn: day.optional(),
  /** What becomes of the data at the recipient once the grant has ended, or a person is taken out. */
  retention: z
    .strictObject({
      /** ISO 8601, counted from the end of the grant. */
      period: z.string().regex(/^P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$/, 'A period such as P1Y.'),
      eraseWithdrawn: z.boolean().default(false),
    })
    .optional(),
  /** That the national data opt-out does not hold for this use, although its legal basis alone would let it; whose decision. */
  optOutExemption: z
    .strictObject({ exemption: z.enum(EXEMPTIONS), reference: words(200) })
    .optional(),
  /** Individual care: only people registered with or referred to these organisations. */
  narrowedTo: z.strictObject({ organisations: z.array(ods).min(1).max(200) }).optional(),
};

/** Parts of the terms that a policy can demand. */
export const DEMANDABLE = [
  'people',
  'justifications',
  'dpia',
  'agreement',
  'dspt',
  'reviewOn',
  'retention',
] as const;
export type Demandable = (typeof DEMANDABLE)[number];

type AskedTerms = z.output<z.ZodObject<typeof termsShape>>;

/** The terms as they are kept: those asked for, and what the deciders added. */
export type GrantTerms = AskedTerms & {
  /** What whoever approved attached; each holds from then on. */
  conditions?: { condition: string; by: string; role: string }[];
  /** The policy that approved it, where nobody was asked. */
  autoGranted?: { policy: string; rule: string };
  /** Reference of the joint-controller agreement under which individual care is read. */
  jointControllers?: string;
};

/** The terms among the parts of a request; what was not said is not there. */
export function termsOf(given: AskedTerms): GrantTerms {
  const names = Object.keys(termsShape) as (keyof AskedTerms)[];
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  );
}
