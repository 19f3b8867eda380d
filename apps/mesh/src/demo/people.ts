import { api, domainApi, type Api } from '../http.js';
import type { Io } from '../io.js';

/** The seeded people the demonstration acts as; nobody decides on what they proposed themselves. */
export const GOVERNANCE_LEAD = 'governance-lead';
export const IG_LEAD = 'ig-lead';
export const CALDICOTT_GUARDIAN = 'caldicott-guardian';
export const ANALYST = 'analyst';
export const ANALYST_ORGANISATION = 'QUY';

/** The seeded user who sends to a domain. */
export function publisherOf(domain: string): string {
  return `${domain}-publisher`;
}

/** The seeded user who answers for what a domain publishes. */
export function ownerOf(domain: string): string {
  return `${domain}-owner`;
}

/** Governance, as one of them. */
export function as(io: Io, user: string): Api {
  return api(io, { as: user });
}

/** A domain's own service, as its publisher. */
export function asPublisher(io: Io, domain: string): Api {
  return domainApi(io, domain, { as: publisherOf(domain) });
}

/** Reason of a demonstration's decision: nobody shall take it for one made after thought. */
export function reasonFor(text: string): string {
  return `Demonstration: ${text}`;
}
