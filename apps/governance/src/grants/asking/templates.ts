import type { Purpose } from '@caremesh/contract';
import { PURPOSES } from '@caremesh/contract';
import type { EntityManager } from 'typeorm';
import type { Caller } from '@caremesh/platform';
import { policyInForce } from '../ground-rules/in-force.js';
import { DEMANDABLE } from './terms.js';
import type { Demandable } from './terms.js';

const DAY_MS = 86_400_000;

/** The usual legal basis and length of each purpose, and what its request should say. UK GDPR articles 6 and 9; domain page 2.8. */
const USUAL: Record<Purpose, { legalBasis: string; days: number; says: string }> = {
  'individual-care': {
    legalBasis: '6(1)(e)/9(2)(h)/direct-care',
    days: 365,
    says: 'Which service looks after the people, and what it needs to see.',
  },
  'service-planning': {
    legalBasis: '6(1)(e)/9(2)(h)/s251',
    days: 365,
    says: 'Which service is planned, where, and what decision the data is for.',
  },
  commissioning: {
    legalBasis: '6(1)(e)/9(2)(h)/s251',
    days: 365,
    says: 'What is commissioned, from whom, and what the data is to show.',
  },
  'population-health-management': {
    legalBasis: '6(1)(e)/9(2)(h)/s251',
    days: 365,
    says: 'Which population, which need, and what will be done about it.',
  },
  research: {
    legalBasis: '6(1)(e)/9(2)(j)/s251',
    days: 730,
    says: 'The question, the protocol and its approvals.',
  },
  audit: {
    legalBasis: '6(1)(e)/9(2)(h)/s251',
    days: 180,
    says: 'What is measured against which standard, and who acts on it.',
  },
};

/** For each purpose a request with everything filled in that can be; what is null is for the requester to say. */
export async function templatesFor(em: EntityManager, caller: Caller, purpose?: Purpose) {
  const policy = await policyInForce(em);
  const wanted = purpose ? [purpose] : PURPOSES;
  const items = wanted.map((one) => templateOf(one, caller, policy?.demands[one] ?? []));
  return { items, next: null };
}

/** One of them. What a policy can demand is there as a blank, whether it is demanded or not. */
export function templateOf(
  purpose: Purpose,
  { organisation }: Pick<Caller, 'organisation'>,
  demands: readonly string[],
) {
  const { legalBasis, days, says } = USUAL[purpose];
  const day = (offset: number) => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);
  return {
    purpose,
    request: {
      ...{ product: null, major: 1, purpose, legalBasis, organisation: organisation ?? null },
      ...{ fields: 'all', from: day(0), until: day(days), reason: null },
      ...(Object.fromEntries(DEMANDABLE.map((part) => [part, null])) as Record<Demandable, null>),
    },
    /** What the reason should tell whoever decides. */
    says,
    /** Parts that the policy in force demands for this purpose. */
    demands,
  };
}
