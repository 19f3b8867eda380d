import { compareVersions, deriveViewSchema, names, SchemaRefused } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { toldSchemaOf } from '../broker/told-schemas.js';
import { Store } from '../database/store.js';
import { GrantEntity, GrantProductEntity } from '../grants/grant.entity.js';
import { GrantFormerViewEntity } from '../grants/key-changes/key-generation.entity.js';
import { DECIDED } from '../proposals/lifecycle.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { schemaTextOf } from '../proposals/versions.js';

type Topic = NonNullable<ReturnType<typeof names.parseTopic>>;

/** Which schemas a subject may hold: those of its product's decided versions, or the views made of them. */
@Injectable()
export class DecidedSchemas {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Every schema decided for the subject, as the text that is registered, in the order of versions; null for a subject whose
   * schemas come with the software, and for a view of a product whose version was decided before such could be refused and of
   * which none is made any more: it stands as it is.
   */
  async of(subject: string): Promise<string[] | null> {
    const name = subject.replace(/-value$/, '');
    const topic = names.parseTopic(name);
    const told = toldSchemaOf(name);
    if (topic?.kind === 'product' || topic?.kind === 'secondary') {
      return (await this.#contents(topic.id, topic.major)).map(schemaTextOf);
    }
    if (told !== null) return [JSON.stringify(told)];
    if (topic?.kind !== 'view') return null;
    const { grant, id: product, major } = topic;
    const view = await this.#store.reader.findOneBy(GrantProductEntity, {
      grantId: grant,
      product,
      major,
    });
    if (!view) return [];
    const { kind } = await this.#store.reader.findOneByOrFail(GrantEntity, { id: grant });
    const contents = await this.#contents(product, major);
    // Narrowed to people, not to fields: its records are the product's own.
    if (kind === 'individual-care') return contents.map(({ schema }) => JSON.stringify(schema));
    const made = contents.flatMap((content) => viewOf(content, grant, view.fields));
    return made.includes(null) ? null : (made as string[]);
  }

  /** The ids under which the subject's schemas were published: records carry them. */
  async published(subject: string): Promise<number[]> {
    const name = subject.replace(/-value$/, '');
    const topic = names.parseTopic(name);
    const ids = topic === null ? [] : await this.#idsOn(name, topic);
    return [...new Set(ids.filter((id) => id !== null && id !== 0))] as number[];
  }

  async #idsOn(name: string, topic: Topic): Promise<(number | null)[]> {
    const em = this.#store.reader;
    if (topic.kind === 'product' || topic.kind === 'secondary') {
      const where = { product: topic.id, major: topic.major, state: In([...DECIDED]) };
      const versions = await em.findBy(ProposalEntity, where);
      return versions.map(({ schemaId, secondarySchemaId }) =>
        topic.kind === 'product' ? schemaId : secondarySchemaId,
      );
    }
    if (topic.kind !== 'view') return [];
    const former = await em.findBy(GrantFormerViewEntity, { topic: name });
    const views = [...(await em.findBy(GrantProductEntity, { topic: name })), ...former];
    return views.map(({ viewSchemaId }) => viewSchemaId);
  }

  async #contents(product: string, major: number): Promise<VersionContentEntity[]> {
    const em = this.#store.reader;
    const state = In([...DECIDED, 'approved', 'registering', 'failed']);
    const versions = await em.findBy(ProposalEntity, { product, major, state });
    const hashes = versions
      .toSorted((a, b) => compareVersions(a.version, b.version))
      .map(({ contentHash }) => contentHash);
    const contents = await em.findBy(VersionContentEntity, { contentHash: In(hashes) });
    return [...new Set(hashes)].flatMap(
      (hash) => contents.find(({ contentHash }) => contentHash === hash) ?? [],
    );
  }
}

/**
 * The view made of a version; null of one that was decided before such could be refused, and none of one that is from before a field
 * of the grant: whoever asked for that field asked when there was a later version.
 */
function viewOf(
  { schema, contract }: VersionContentEntity,
  grant: string,
  fields: string[],
): (string | null)[] {
  try {
    return [JSON.stringify(deriveViewSchema(schema, contract, grant, fields))];
  } catch (error) {
    if (error instanceof SchemaRefused) return [null];
    if (error instanceof RangeError) return [];
    throw error;
  }
}
