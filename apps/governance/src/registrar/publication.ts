import { names } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Domains } from '../domains/domains.js';
import { Ledger } from '../ledger/ledger.js';
import { Catalogue } from '../products/catalogue.js';
import { Lifecycle } from '../proposals/lifecycle.service.js';
import type { ProposalEntity } from '../proposals/proposal.entity.js';
import type { Carried } from './carry-out.js';

export const BY_ITSELF = { actor: 'svc-governance', role: 'registrar' };

/** Says that a version is published: its state, the catalogue, the ledger and the event, in one transaction. */
@Injectable()
export class Publication {
  readonly #lifecycle: Lifecycle;
  readonly #catalogue: Catalogue;
  readonly #domains: Domains;
  readonly #ledger: Ledger;

  constructor(lifecycle: Lifecycle, catalogue: Catalogue, domains: Domains, ledger: Ledger) {
    this.#lifecycle = lifecycle;
    this.#catalogue = catalogue;
    this.#domains = domains;
    this.#ledger = ledger;
  }

  async publish(em: EntityManager, proposal: ProposalEntity, carried: Carried): Promise<void> {
    const { schemaId, secondarySchemaId, subjects, topics } = carried;
    const by = { ...BY_ITSELF, detail: { subjects, topics } };
    await this.#lifecycle.move(em, proposal, 'publish', by, {
      schemaId,
      secondarySchemaId,
      publishedAt: new Date(),
      failure: null,
      nextAttemptAt: null,
    });
    await this.#catalogue.publish(em, proposal);
    await this.#domains.standing(em, proposal.domain);
    await this.#record(em, proposal, carried);
  }

  async #record(em: EntityManager, { domain, contentHash }: ProposalEntity, carried: Carried) {
    for (const { subject, schemaId } of carried.subjects) {
      const detail = { schemaId, contentHash };
      const object = `subject:${subject}`;
      await this.#ledger.record(em, { ...BY_ITSELF, action: 'schema.registered', object, detail });
    }
    await this.#ledger.record(em, {
      ...BY_ITSELF,
      action: 'access.permitted',
      object: `domain:${domain}`,
      detail: { principal: names.domainPrincipal(domain), rules: carried.rules },
    });
  }
}
