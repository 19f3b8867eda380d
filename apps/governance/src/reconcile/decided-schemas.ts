import { deriveViewSchema, names, SchemaRefused } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { toldSchemaOf } from '../broker/told-schemas.js';
import { Store } from '../database/store.js';
import { GrantEntity, GrantProductEntity } from '../grants/grant.entity.js';
import { DECIDED } from '../proposals/lifecycle.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';

/** Which schemas a subject may hold: those of its product's decided versions, or the views made of them. */
@Injectable()
export class DecidedSchemas {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Every schema decided for the subject; null for a subject whose schemas come with the software, and for a view of a product whose
   * version was decided before such could be refused and of which none is made any more: it stands as it is.
   */
  async of(subject: string): Promise<object[] | null> {
    const name = subject.replace(/-value$/, '');
    const topic = names.parseTopic(name);
    const told = toldSchemaOf(name);
    if (topic?.kind === 'product' || topic?.kind === 'secondary') {
      return (await this.#contents(topic.id, topic.major)).map(schemaOf);
    }
    if (told !== null) return [plain(told)];
    if (topic?.kind !== 'view') return null;
    const { grant, id: product, major } = topic;
    const view = await this.#store.reader.findOneBy(GrantProductEntity, {
      grantId: grant,
      product,
      major,
    });
    if (!view) return [];
    const { kind } = await this.#store.reader.findOneByOrFail(GrantEntity, { id: grant });
    // Narrowed to people, not to fields: its records are the product's own.
    if (kind === 'individual-care') return (await this.#contents(product, major)).map(schemaOf);
    try {
      return (await this.#contents(product, major)).map(({ schema, contract }) =>
        plain(deriveViewSchema(schema, contract, grant, view.fields)),
      );
    } catch (error) {
      if (error instanceof SchemaRefused) return null;
      throw error;
    }
  }

  async #contents(product: string, major: number): Promise<VersionContentEntity[]> {
    const em = this.#store.reader;
    const state = In([...DECIDED, 'approved', 'registering', 'failed']);
    const versions = await em.findBy(ProposalEntity, { product, major, state });
    const hashes = versions.map(({ contentHash }) => contentHash);
    return em.findBy(VersionContentEntity, { contentHash: In(hashes) });
  }
}

// What was registered is the file itself.
function schemaOf({ files, schema }: VersionContentEntity): object {
  return JSON.parse(files['schema.avsc'] ?? JSON.stringify(schema)) as object;
}

// As it comes back from the registry: without what JSON leaves out.
function plain(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
