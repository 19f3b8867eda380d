import { CLASSIFICATIONS, PURPOSES } from '@caremesh/contract';
import { z } from 'zod';
import { freeText } from '../../decisions/free-text.js';
import { reason } from '../../decisions/shapes.js';
import { motionQuery } from '../../motions/shapes.js';
import { DEMANDABLE } from '../asking/terms.js';

const day = z.iso.date('A day YYYY-MM-DD is expected.');
const ods = z.string().regex(/^[A-Z0-9]{3,10}$/, 'An ODS code is expected.');
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{1,59}$/, 'A name such as "reference-data".');

/** Organisations that are controllers together (UK GDPR article 26), for the care of individuals. */
export const agreementBody = z.strictObject({
  reference: freeText(z.string().trim().min(3).max(120)),
  organisations: z.array(ods).min(1).max(500),
  /** The last day on which it holds; null: until it is ended. */
  until: day.nullable().default(null),
  reason,
  demonstration: z.boolean().default(false),
});
export type AgreementBody = z.output<typeof agreementBody>;

/** A grant that meets every line of one of these rules is approved with nobody asked. */
const autoGrantRule = z.strictObject({
  name,
  purposes: z.array(z.enum(PURPOSES).exclude(['individual-care'])).min(1),
  /** Organisations that may have it. */
  organisations: z.array(ods).min(1),
  products: z.array(z.string().min(3).max(100)).min(1),
  /** Every field asked for, and whatever is inside it, is classified as one of these. */
  classifications: z.array(z.enum(CLASSIFICATIONS)).min(1).default(['none']),
  longestDays: z.number().int().min(1).max(731),
});
export type AutoGrantRule = z.output<typeof autoGrantRule>;

export const policyBody = z.strictObject({
  /** What a request for a purpose has to state beside the fixed parts. */
  demands: z.partialRecord(z.enum(PURPOSES), z.array(z.enum(DEMANDABLE))).default({}),
  autoGrant: z.array(autoGrantRule).max(50).default([]),
  reason,
  demonstration: z.boolean().default(false),
});
export type PolicyBody = z.output<typeof policyBody>;

export type AgreementContent = Pick<AgreementBody, 'reference' | 'organisations' | 'until'>;
export type PolicyContent = Pick<PolicyBody, 'demands' | 'autoGrant'>;

export const groundRuleQuery = z.strictObject({ ...motionQuery });
export type GroundRuleQuery = z.output<typeof groundRuleQuery>;
