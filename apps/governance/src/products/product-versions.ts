import { compareVersions, diffVersions, names } from '@caremesh/contract';
import type { Change, PublishedVersion } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Store } from '../database/store.js';
import { DecisionEntity } from '../decisions/decision.entity.js';
import { governanceErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { DECIDED } from '../proposals/lifecycle.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { ProductMajorEntity } from './product.entity.js';
import type { ChangelogQuery } from './shapes.js';

/** Versions of a product, one by one: what each promises, who decided it, and what it changed. */
@Injectable()
export class ProductVersions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** One decided version. Throws MESH-3011, MESH-3035. */
  async show(product: string, version: string) {
    const all = await this.#decided(product);
    const at = all.findIndex((one) => one.version === version);
    const proposal = all[at];
    if (!proposal) throw problem(governanceErrors.noSuchVersion, `${product} has no ${version}`);
    const content = await this.#content(proposal.contentHash);
    const decisions = await this.#store.reader.find(DecisionEntity, {
      where: { proposalId: proposal.id },
      order: { at: 'ASC' },
    });
    const topic = names.productTopic(product, proposal.major);
    const { files, contract } = content;
    return {
      ...describe(proposal),
      topic,
      subject: names.subjectOf(topic),
      schemaId: proposal.schemaId,
      secondarySchemaId: proposal.secondarySchemaId,
      proposedBy: proposal.proposedBy,
      team: proposal.team,
      proposedAt: proposal.createdAt.toISOString(),
      decisions: decisions.map(whoDecided),
      checks: proposal.checks,
      changes: await this.#changes(proposal, all[at - 1]),
      contract,
      files: Object.entries(files).map(([path, text]) => ({
        path,
        bytes: Buffer.byteLength(text),
      })),
    };
  }

  /** What each published version changed, newest first, in words. Throws MESH-3011. */
  async changelog(product: string, query: ChangelogQuery) {
    const [before] = positionOf(query.cursor, 'text') ?? [];
    const all = await this.#decided(product);
    const rows = all
      .map((proposal, at) => ({ proposal, previous: all[at - 1] }))
      .filter(({ proposal }) => proposal.publishedAt !== null)
      .filter(({ proposal }) => query.major === undefined || proposal.major === query.major)
      .filter(({ proposal }) => !before || compareVersions(proposal.version, before) < 0)
      .reverse()
      .slice(0, query.limit + 1);
    const entries = await Promise.all(
      rows.map(async ({ proposal, previous }) => ({
        ...describe(proposal),
        reason: proposal.reason,
        changes: await this.#changes(proposal, previous),
      })),
    );
    return pageOf(
      entries,
      query.limit,
      ({ version }) => [version],
      (entry) => entry,
    );
  }

  /** The newest published version of each major, oldest major first. Throws MESH-3011. */
  async newestOfMajors(product: string): Promise<PublishedVersion[]> {
    const em = this.#store.reader;
    const majors = await em.find(ProductMajorEntity, {
      where: { product },
      order: { major: 'ASC' },
    });
    if (majors.length === 0) throw problem(governanceErrors.productNotFound);
    const published = await this.#decided(product);
    return Promise.all(
      majors.map(async ({ latestHash, status }) => {
        const { contract, schema } = await this.#content(latestHash);
        const held = published.findLast((one) => one.contentHash === latestHash);
        const publishedAt = held?.publishedAt?.toISOString() ?? null;
        return { contract, schema, schemaId: held?.schemaId ?? null, status, publishedAt };
      }),
    );
  }

  /** The contract's own text, of the newest version or of that of one major. Throws MESH-3011, MESH-3035. */
  async contractText(product: string, major: number | undefined): Promise<string> {
    const majors = await this.#store.reader.find(ProductMajorEntity, {
      where: { product },
      order: { major: 'ASC' },
    });
    if (majors.length === 0) throw problem(governanceErrors.productNotFound);
    const asked = major === undefined ? majors.at(-1) : majors.find((one) => one.major === major);
    if (!asked) throw problem(governanceErrors.noSuchVersion, `${product} has no major ${major}`);
    const { files } = await this.#content(asked.latestHash);
    return files['contract.odcs.yaml'] ?? '';
  }

  /** Every decided version, oldest first. Throws MESH-3011 where there is none. */
  async #decided(product: string): Promise<ProposalEntity[]> {
    const all = await this.#store.reader.findBy(ProposalEntity, {
      product,
      state: In([...DECIDED]),
    });
    if (all.length === 0) throw problem(governanceErrors.productNotFound);
    return all.sort((a, b) => compareVersions(a.version, b.version));
  }

  #content(contentHash: string): Promise<VersionContentEntity> {
    return this.#store.reader.findOneByOrFail(VersionContentEntity, { contentHash });
  }

  // What it was decided on, if it was compared with the version before it; otherwise found again. Whom a change
  // touches is between the owner and those concerned.
  async #changes(proposal: ProposalEntity, previous: ProposalEntity | undefined) {
    const { comparedWith, changes, contentHash } = proposal;
    if (comparedWith === (previous?.contentHash ?? null)) return changes.map(inWords);
    const before = previous ? (await this.#content(previous.contentHash)).files : null;
    const { files } = await this.#content(contentHash);
    return diffVersions(before, files).map(inWords);
  }
}

// The words of a decision are for those it concerns; who took it is for everybody.
function whoDecided({ decision, role, decidedBy, at }: DecisionEntity) {
  return { decision, role, decidedBy, at: at.toISOString() };
}

function inWords({ path, class: kind, sentence }: Change) {
  return { path, class: kind, sentence };
}

function describe(proposal: ProposalEntity) {
  const { product, version, major, state, contentHash, decidedBy } = proposal;
  return {
    product,
    version,
    major,
    state,
    contentHash,
    decidedBy,
    decidedAt: proposal.decidedAt?.toISOString() ?? null,
    publishedAt: proposal.publishedAt?.toISOString() ?? null,
  };
}
