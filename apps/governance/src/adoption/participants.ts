import { isDeclared } from '@caremesh/contract';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { In, Not } from 'typeorm';
import { Store } from '../database/store.js';
import { Ledger } from '../ledger/ledger.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { Standards } from '../standards/standards.js';
import { StandardParticipantEntity } from './participant.entity.js';

/** Who works on a standard: those who said so, and those whose versions conform or are being brought to. */
@Injectable()
export class Participants {
  readonly #store: Store;
  readonly #standards: Standards;
  readonly #ledger: Ledger;

  constructor(store: Store, standards: Standards, ledger: Ledger) {
    this.#store = store;
    this.#standards = standards;
    this.#ledger = ledger;
  }

  /** The contact and everybody who works on it. Throws MESH-3801. */
  async of(name: string) {
    const { key, content } = await this.#standards.existing(name);
    const em = this.#store.reader;
    const joined = await em.find(StandardParticipantEntity, {
      where: { standard: key },
      order: { since: 'ASC' },
    });
    const said = joined.map(({ who, team, organisation, note, since }) => ({
      kind: 'joined' as const,
      who,
      team,
      organisation,
      note,
      since: since.toISOString(),
    }));
    const teams = await this.#teamsOf(content);
    return {
      contact: content.support,
      owner: content.owner,
      items: [...said, ...teams],
      next: null,
    };
  }

  /** Says that the caller works on it; said again, the new words count. Throws MESH-3801. */
  async join(caller: Caller, name: string, note: string) {
    const { key, content } = await this.#standards.existing(name);
    const { sub: who, team, organisation } = caller;
    await this.#store.transaction(async (em) => {
      const row = { standard: key, who, team, organisation, note, since: new Date() };
      await em.upsert(StandardParticipantEntity, row, ['standard', 'who']);
      await this.#noted(em, caller, 'standard.joined', content.id);
    });
    return this.of(name);
  }

  /** Takes that back. Throws MESH-3801. */
  async leave(caller: Caller, name: string) {
    const { key, content } = await this.#standards.existing(name);
    await this.#store.transaction(async (em) => {
      const { affected } = await em.delete(StandardParticipantEntity, {
        standard: key,
        who: caller.sub,
      });
      if (affected) await this.#noted(em, caller, 'standard.left', content.id);
    });
    return this.of(name);
  }

  async #noted(
    em: Parameters<Ledger['record']>[0],
    { sub: actor, kind: role }: Caller,
    action: string,
    id: string,
  ) {
    await this.#ledger.record(em, { actor, role, action, object: `standard:${id}`, detail: {} });
  }

  async #teamsOf(content: Parameters<typeof isDeclared>[0]) {
    const em = this.#store.reader;
    const alive = await em.find(ProposalEntity, {
      where: { state: Not(In(['refused', 'withdrawn', 'superseded', 'retired'])) },
      order: { product: 'ASC', createdAt: 'ASC' },
    });
    const contents = await em.find(VersionContentEntity, {
      select: { contentHash: true, contract: true },
      where: { contentHash: In(alive.map(({ contentHash }) => contentHash)) },
    });
    const conforming = new Map(
      contents
        .filter(({ contract }) => isDeclared(content, contract))
        .map(({ contentHash, contract }) => [contentHash, contract]),
    );
    return alive.flatMap(({ contentHash, product, version, state, team, createdAt }) => {
      const contract = conforming.get(contentHash);
      if (!contract) return [];
      const done = state === 'published' || state === 'deprecated';
      return [
        {
          kind: done ? ('conforms' as const) : ('working-on-it' as const),
          who: contract.owner.team,
          team,
          organisation: contract.owner.ods,
          note: `${product} ${version}, ${state}`,
          support: contract.support,
          since: createdAt.toISOString(),
        },
      ];
    });
  }
}
