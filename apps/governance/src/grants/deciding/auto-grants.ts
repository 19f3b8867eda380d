import type { CommonLaw, DataContract } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { isIndependentOf } from '../../authority/authority.js';
import type { Person } from '../../authority/authority.js';
import { ProductMajorEntity } from '../../products/product.entity.js';
import { VersionContentEntity } from '../../proposals/proposal.entity.js';
import type { GrantEntity, GrantProductEntity } from '../grant.entity.js';
import { policyInForce } from '../ground-rules/in-force.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import { ruleFor } from './auto-rule.js';

const BY = 'svc-governance';

/** Approves what the policy in force lets through with nobody asked, and records whose policy that was. */
@Injectable()
export class AutoGrants {
  readonly #lifecycle: GrantLifecycle;

  constructor(lifecycle: GrantLifecycle) {
    this.#lifecycle = lifecycle;
  }

  /** Decides what a requester asked for just now, in the caller's transaction, if a rule of the policy meets it. */
  async decide(
    em: EntityManager,
    requester: Person,
    grant: GrantEntity,
    products: readonly GrantProductEntity[],
  ): Promise<void> {
    const policy = await policyInForce(em);
    if (!policy || policy.autoGrant.length === 0) return;
    // Nobody decides their own, by a policy of theirs either.
    if (!isIndependentOf(requester, policy.authors)) return;
    const contracts = await contractsOf(em, products);
    const { kind, purpose, organisation, startsAt, endsAt, legalBasis, terms } = grant;
    const asked = products.map(({ product, major, fields }) => ({
      ...{ product, fields },
      contract: contracts.get(`${product}.v${major}`) ?? null,
    }));
    const rule = ruleFor(policy.autoGrant, {
      ...{ kind, purpose, organisation, startsAt, endsAt },
      commonLaw: legalBasis.commonLaw as CommonLaw,
      exemption: terms.optOutExemption?.exemption ?? null,
      products: asked,
    });
    if (!rule) return;
    const autoGranted = { policy: policy.id, rule: rule.name };
    const at = new Date().toISOString();
    grant.steps = grant.steps.map((step) => ({ ...step, by: BY, at }));
    grant.terms = { ...grant.terms, autoGranted };
    const reason = `Granted by rule "${rule.name}" of the policy for grants.`;
    const by = { actor: BY, role: 'policy', reason, detail: { autoGranted } };
    await this.#lifecycle.move(em, grant, 'approve', by);
  }
}

async function contractsOf(
  em: EntityManager,
  products: readonly GrantProductEntity[],
): Promise<Map<string, DataContract>> {
  const majors = await em.findBy(ProductMajorEntity, {
    product: In(products.map(({ product }) => product)),
  });
  const contents = await em.findBy(VersionContentEntity, {
    contentHash: In(majors.map(({ latestHash }) => latestHash)),
  });
  const byHash = new Map(contents.map(({ contentHash, contract }) => [contentHash, contract]));
  return new Map(
    majors.flatMap(({ product, major, latestHash }) => {
      const contract = byHash.get(latestHash);
      return contract ? [[`${product}.v${major}`, contract] as const] : [];
    }),
  );
}
