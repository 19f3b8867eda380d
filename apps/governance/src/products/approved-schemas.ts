import { names } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Store } from '../database/store.js';
import { GrantProductEntity } from '../grants/grant.entity.js';
import { GrantFormerViewEntity } from '../grants/key-changes/key-generation.entity.js';
import { LIVE } from '../proposals/lifecycle.js';
import { ProposalEntity } from '../proposals/proposal.entity.js';

/** A schema id that records on a topic may carry. */
export type ApprovedSchema = { schemaId: number; version: string };

/**
 * Which schema ids are approved on a topic. Consumers deliver only records with one of these: an id that
 * is not here is unapproved, whatever the registry holds under it.
 */
@Injectable()
export class ApprovedSchemas {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async on(topic: string): Promise<ApprovedSchema[]> {
    const parsed = names.parseTopic(topic);
    if (parsed?.kind === 'view') return this.#onView(topic);
    if (parsed?.kind !== 'product' && parsed?.kind !== 'secondary') return [];
    const versions = await this.#store.reader.find(ProposalEntity, {
      where: { product: parsed.id, major: parsed.major, state: In([...LIVE]) },
      order: { publishedAt: 'ASC' },
    });
    const isProduct = parsed.kind === 'product';
    return versions.flatMap(({ version, schemaId, secondarySchemaId }) => {
      const id = isProduct ? schemaId : secondarySchemaId;
      return id === null ? [] : [{ schemaId: id, version }];
    });
  }

  async #onView(topic: string): Promise<ApprovedSchema[]> {
    const em = this.#store.reader;
    const former = await em.findBy(GrantFormerViewEntity, { topic });
    const rows = [...(await em.findBy(GrantProductEntity, { topic })), ...former];
    return rows.flatMap(({ viewSchemaId, major }) =>
      viewSchemaId === null ? [] : [{ schemaId: viewSchemaId, version: `${major}` }],
    );
  }
}
