import { names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { isOnTeam } from '../authority/authority.js';
import { domainQuota } from '../broker/quota-plan.js';
import { Quotas } from '../broker/quotas.js';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import { Ledger } from '../ledger/ledger.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { DomainEntity } from './domain.entity.js';
import type { QuotaBody } from './shapes.js';

/** Which care domains the mesh has accepted. A folder or a running service is not enough. */
@Injectable()
export class Domains {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;
  readonly #quotas: Quotas;
  readonly #settings: Settings;

  constructor(
    store: Store,
    ledger: Ledger,
    outbox: Outbox,
    quotas: Quotas,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#ledger = ledger;
    this.#outbox = outbox;
    this.#quotas = quotas;
    this.#settings = settings;
  }

  /** Accepts a domain in the transaction of the decision that does so; one accepted before stays as it was. */
  async accept(
    em: EntityManager,
    name: string,
    by: { actor: string; role: string; detail?: Record<string, unknown> },
  ): Promise<void> {
    if (await em.existsBy(DomainEntity, { name })) return;
    const acceptedAt = new Date();
    const quota = domainQuota(this.#settings);
    await em.insert(DomainEntity, { name, acceptedBy: by.actor, acceptedAt, quota });
    const detail = { principal: `domain-${name}`, quota, ...by.detail };
    await this.#ledger.record(em, {
      ...by,
      action: 'domain.accepted',
      object: `domain:${name}`,
      detail,
    });
    await this.#outbox.tell(em, {
      type: 'domain.accepted',
      subject: `domain:${name}`,
      data: { name },
    });
  }

  /** Decides another quota for a domain, and sets it. Throws MESH-3901, MESH-3006 for one's own domain, MESH-3016. */
  async decideQuota(caller: Caller, name: string, { quota, reason }: QuotaBody) {
    if (isOnTeam(caller, name)) throw problem(governanceErrors.ownProposal, name);
    await this.#store.transaction(async (em) => {
      const { affected } = await em.update(DomainEntity, { name }, { quota });
      if (!affected) throw problem(governanceErrors.domainNotFound, name);
      await this.#ledger.record(em, {
        actor: caller.sub,
        role: 'governance-lead',
        action: 'domain.quota-decided',
        object: `domain:${name}`,
        detail: { quota, reason },
      });
    });
    await this.#quotas.hold([[names.domainPrincipal(name), quota]]);
    return { name, quota };
  }

  /** Sets the quota that was decided for a domain. Throws MESH-3016. */
  async holdQuota(name: string): Promise<void> {
    const domain = await this.#store.reader.findOneBy(DomainEntity, { name });
    const quota = domain?.quota ?? domainQuota(this.#settings);
    await this.#quotas.hold([[names.domainPrincipal(name), quota]]);
  }

  /** Names of all accepted domains. */
  async accepted(): Promise<string[]> {
    const all = await this.#store.reader.find(DomainEntity, { order: { name: 'ASC' } });
    return all.map(({ name }) => name);
  }

  /** Records that the domain's principal is enabled and its access rules stand; only the first time counts. */
  async standing(em: EntityManager, name: string): Promise<void> {
    await em.update(DomainEntity, { name, standingSince: IsNull() }, { standingSince: new Date() });
  }

  async list() {
    const all = await this.#store.reader.find(DomainEntity, { order: { name: 'ASC' } });
    return { items: all.map((domain) => this.#shown(domain)), next: null };
  }

  /** Throws MESH-3901. */
  async show(name: string) {
    const domain = await this.#store.reader.findOneBy(DomainEntity, { name });
    if (!domain) throw problem(governanceErrors.domainNotFound, name);
    return this.#shown(domain);
  }

  // One accepted before quotas were decided has what is set for all.
  #shown({ name, acceptedBy, acceptedAt, standingSince, quota }: DomainEntity) {
    return {
      name,
      quota: quota ?? domainQuota(this.#settings),
      acceptedBy,
      acceptedAt: acceptedAt.toISOString(),
      standingSince: standingSince?.toISOString() ?? null,
    };
  }
}
