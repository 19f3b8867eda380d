import { choiceApplies, names } from '@caremesh/contract';
import type { CommonLaw, Purpose } from '@caremesh/contract';
import { withdrawalsOf } from '../broker/access-rules.js';
import type { CredentialEntity } from '../credentials/credential.entity.js';
import type { GrantFormerViewEntity } from './key-changes/key-generation.entity.js';
import type { GrantState } from './lifecycle.js';
import type { GrantEntity, GrantEventEntity, GrantProductEntity } from './grant.entity.js';
import type { IsRetired } from './retired-majors.js';

/** A grant with what belongs to it. */
export type WholeGrant = {
  grant: GrantEntity;
  products: GrantProductEntity[];
  /** Views that others took the place of, still read. */
  former: GrantFormerViewEntity[];
  timeline: GrantEventEntity[];
  credentials: CredentialEntity[];
};

/** A grant as the API shows it. No part of a secret is known here, so none can be shown. */
export function showGrant(
  { grant, products, former, timeline, credentials }: WholeGrant,
  isRetired: IsRetired,
) {
  const { id, state, kind, purpose, from, until, organisation, legalBasis, reason } = grant;
  return {
    id,
    state,
    kind,
    products: products.map(({ product }) => product),
    majors: products.map(({ major }) => major),
    fields: [...new Set(products.flatMap(({ fields }) => fields))],
    // A draft may have none yet.
    purpose: purpose as Purpose | '',
    from,
    until,
    principal: names.grantPrincipal(id),
    groupPrefix: names.grantGroupPrefix(id),
    topics: products.map((one) => showTopic(one, isRetired(one))),
    former: former.map(showFormer),
    nationalDataOptOut: optOutOf(grant),
    /** What disclosure goes by: the exemption decided on, and whether data of people taken out is to be erased. */
    optOutExemption: grant.terms.optOutExemption?.exemption ?? null,
    erasure: grant.terms.retention?.eraseWithdrawn ?? false,
    /** Where the holder is told what is no longer available; null for a grant without a view. */
    withdrawals:
      withdrawalsOf(
        id,
        products.map(({ topic }) => topic),
      )[0] ?? null,
    /** Where the holder is told what concerns the grant itself. */
    notices: names.noticesTopic(id),
    timeline: timeline.map(showEvent),
    organisation,
    consumer: grant.consumer,
    legalBasis,
    reason,
    requestedBy: grant.requestedBy,
    requestedAt: grant.createdAt.toISOString(),
    startsAt: grant.startsAt.toISOString(),
    endsAt: grant.endsAt.toISOString(),
    activatedAt: grant.activatedAt?.toISOString() ?? null,
    endedAt: grant.endedAt?.toISOString() ?? null,
    steps: grant.steps,
    waitingFor: grant.failure,
    /** Decided, and nothing stands yet because its first day has not come. */
    waitsForStart: state === 'approved' && grant.startsAt > new Date(),
    suspendedAs: grant.suspendedAs,
    quota: grant.quota,
    demonstration: grant.demonstration,
    ...showTerms(grant),
    credentials: credentials.map(showCredential),
  };
}

/** States in which the requester writes on: what was written so far, or was refused, is shown. */
const WRITTEN: readonly GrantState[] = ['draft', 'refused'];

/** What is agreed beside purpose and period; `draft` holds the request as it was written, while it can be written anew. */
function showTerms({ state, terms, asked, amends, extension, breakGlass }: GrantEntity) {
  const { conditions, narrowedTo, autoGranted, jointControllers, ...papers } = terms;
  return {
    terms: papers,
    reviewOn: papers.reviewOn ?? null,
    narrowedTo: narrowedTo ?? null,
    conditions: conditions ?? [],
    autoGranted: autoGranted ?? null,
    jointControllers: jointControllers ?? null,
    amends,
    extension,
    breakGlass,
    draft: WRITTEN.includes(state) ? asked : null,
  };
}

/** `retired`: nobody reads it any more, whatever is still written to it. */
function showTopic(one: GrantProductEntity, retired: boolean) {
  const { product, major, topic, fields, generation, viewSchemaId, ready } = one;
  const subject = names.subjectOf(topic);
  return { product, topic, subject, ready, retired, major, fields, generation, viewSchemaId };
}

/** A view under earlier pseudonyms, and until when it is read. */
function showFormer({
  product,
  major,
  topic,
  generation,
  viewSchemaId,
  until,
}: GrantFormerViewEntity) {
  const subject = names.subjectOf(topic);
  return { product, topic, subject, major, generation, viewSchemaId, until: until.toISOString() };
}

function showEvent({ at, event, actor, role, reason }: GrantEventEntity) {
  return { at: at.toISOString(), event, actor, role, reason };
}

function showCredential({ clientId, keyId, createdAt, expires }: CredentialEntity) {
  return {
    clientId,
    keyId,
    createdAt: createdAt.toISOString(),
    expires: expires.toISOString(),
  };
}

/** Whether the national data opt-out applies, by which rule of the decision table, and why. */
export function optOutOf({
  purpose,
  legalBasis,
  terms,
}: Pick<GrantEntity, 'purpose' | 'legalBasis' | 'terms'>) {
  const commonLaw = legalBasis.commonLaw as CommonLaw;
  const { applies, rule, reason } = choiceApplies('national', {
    ...{ purpose, commonLaw, exemption: terms.optOutExemption?.exemption ?? null },
    data: 'confidential',
  });
  return { applies, rule, reason };
}
