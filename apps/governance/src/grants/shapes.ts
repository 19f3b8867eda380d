import { PURPOSES } from '@caremesh/contract';
import { z } from 'zod';
import { quotaShape } from '../broker/quota-plan.js';
import { freeText } from '../decisions/free-text.js';
import { reason } from '../decisions/shapes.js';
import { pageQuery } from '../http/page.js';
import { termsShape } from './asking/terms.js';
import { GRANT_STATES } from './lifecycle.js';

const productId = z.string().min(3).max(100);
const major = z.number().int().min(1).max(9_999);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'A day YYYY-MM-DD is expected.');
/** A time with another offset is kept as the same in UTC, as every time is shown. */
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => (text.endsWith('Z') ? text : new Date(text).toISOString()));
const moment = z.union([day, time], { error: 'A day YYYY-MM-DD or a time is expected.' });
const NAME_ONE = 'Name a field, or write "all".';
const fieldNames = z.array(z.string().min(1).max(200)).min(1, NAME_ONE).max(500).transform(allOr);

/** `all` alone is all that may be granted, in a list too. */
function allOr(names: string[]): 'all' | string[] {
  return names.length === 1 && names[0] === 'all' ? 'all' : names;
}

/** `all`, a list, or names with commas between them. */
const fields = z.union(
  [
    fieldNames,
    z
      .string()
      .min(1)
      .max(10_000)
      // A text of commas alone names nothing, and who asks for no field is not to be granted it.
      .transform((text) =>
        text
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
      )
      .pipe(fieldNames),
  ],
  { error: NAME_ONE },
);

const legalBasis = z.union([
  z.string().max(100),
  z.strictObject({ article6: z.string(), article9: z.string(), commonLaw: z.string() }),
]);

const ofProduct = z.strictObject({
  product: productId,
  major: major.default(1),
  /** The version whose contract was read; without it the newest. */
  version: z.string().max(40).optional(),
  /** Of this product; without it those of the request. */
  fields: fields.optional(),
});

/** Two majors of a product are two; the same one twice is a slip. */
export function eachOnce(
  products: readonly { product: string; major: number }[],
  context: z.RefinementCtx,
): void {
  const seen = new Set<string>();
  products.forEach(({ product, major }, at) => {
    const one = `${product}.v${major}`;
    const message = 'The product is named already.';
    if (seen.has(one)) context.addIssue({ code: 'custom', path: [at], message });
    seen.add(one);
  });
}

const parts = z.strictObject({
  product: productId.optional(),
  major: major.default(1),
  version: z.string().max(40).optional(),
  products: z.array(ofProduct).min(1).max(20).superRefine(eachOnce).optional(),
  purpose: z.enum(PURPOSES),
  legalBasis,
  organisation: z.string().regex(/^[A-Z0-9]{3,10}$/, 'An ODS code is expected.'),
  /** The requester's own domain, whose service is to read under its own principal; only for individual care. */
  consumer: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'The name of a domain is expected.')
    .nullable()
    .default(null),
  fields: fields.default('all'),
  from: moment.optional(),
  until: moment,
  reason,
  demonstration: z.boolean().default(false),
  ...termsShape,
});

/** A request names one product, or several in `products`; each is read on a topic of its own. */
export const requestBody = parts.refine(namesProducts, {
  path: ['product'],
  message: 'Name one product, or a list of products.',
});
export type RequestBody = z.output<typeof requestBody>;

/** A request names one product or several, and never both or neither. */
export function namesProducts({ product, products }: DraftBody): boolean {
  return Boolean(product) !== Boolean(products);
}

/** A request that is not finished: whatever of it there is. It is read as a whole when it is submitted. */
export const draftBody = parts.partial();
export type DraftBody = z.output<typeof draftBody>;

/** What is to be otherwise in a grant that is active. Another end alone is decided on the grant itself. */
export const amendmentBody = z.strictObject({
  purpose: z.enum(PURPOSES).optional(),
  legalBasis: legalBasis.optional(),
  fields: fields.optional(),
  until: moment.optional(),
  reason,
  demonstration: z.boolean().default(false),
  ...termsShape,
});
export type AmendmentBody = z.output<typeof amendmentBody>;

export const templateQuery = z.strictObject({ purpose: z.enum(PURPOSES).optional() });
export type TemplateQuery = z.output<typeof templateQuery>;

const GRANT_DECISIONS = ['approve', 'refuse', 'changes', 'revoke', 'suspend', 'renew'] as const;

export const grantDecisionBody = z
  .strictObject({
    decision: z.enum(GRANT_DECISIONS),
    reason,
    /** What the grant may use of the broker; only with `approve`. Without it the mesh's own measure is kept. */
    quota: quotaShape.optional(),
    /** What is attached to an approval; only with `approve`. */
    conditions: z
      .array(freeText(z.string().trim().min(1).max(2_000)))
      .min(1)
      .max(20)
      .optional(),
    demonstration: z.boolean().default(false),
  })
  .superRefine(attachedToApproval);
export type GrantDecisionBody = z.output<typeof grantDecisionBody>;

/** Who attaches a condition to anything else would believe that it holds. */
function attachedToApproval(
  given: { decision: string; quota?: unknown; conditions?: unknown },
  { addIssue }: z.RefinementCtx,
): void {
  for (const name of ['quota', 'conditions'] as const) {
    if (given.decision === 'approve' || given[name] === undefined) continue;
    const message = 'This is attached to an approval alone.';
    addIssue({ code: 'custom', path: [name], message });
  }
}

export const grantQuery = z.strictObject({
  state: z.enum(GRANT_STATES).optional(),
  kind: z.enum(['individual-care', 'view']).optional(),
  product: productId.optional(),
  purpose: z.enum(PURPOSES).optional(),
  organisation: z.string().max(10).optional(),
  /** `open`: emergency access that is still to be reviewed. `due`: other grants whose review day has come. */
  review: z.enum(['open', 'due']).optional(),
  amends: z.string().max(26).optional(),
  /** `decision`: requests and later ends that somebody has to decide. */
  waiting: z.literal('decision').optional(),
  ...pageQuery,
});
export type GrantQuery = z.output<typeof grantQuery>;

export const accessQuery = z.strictObject({ product: productId, on: day });
export type AccessQuery = z.output<typeof accessQuery>;
