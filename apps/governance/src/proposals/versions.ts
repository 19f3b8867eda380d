import { compareVersions, diffVersions } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import type { VersionFiles } from '@caremesh/contract';
import { DomainEntity } from '../domains/domain.entity.js';
import { policyContext } from '../policies/policy-context.js';
import { DECIDED } from './lifecycle.js';
import { ProductMajorEntity } from '../products/product.entity.js';
import { governanceErrors } from '../errors.js';
import { ProposalEntity, VersionContentEntity } from './proposal.entity.js';
import type { ReviewContext } from './review.js';
import type { Change, DataContract } from '@caremesh/contract';

/** What a new version is held against: the context of its checks, and the hash of what it is compared with. */
export type Comparison = ReviewContext & { comparedWith: string | null };

/**
 * The newest decided version of the same major, or of the newest earlier major where this is the first of
 * its major; with everything else the checks ask about.
 */
export async function comparisonFor(
  em: EntityManager,
  contract: DataContract,
): Promise<Comparison> {
  const { product, domain, major } = contract;
  const decided = await em.findBy(ProposalEntity, { product, state: In([...DECIDED]) });
  const before = decided
    .filter((one) => one.major <= major)
    .sort((a, b) => compareVersions(b.version, a.version))[0];
  return {
    comparedWith: before?.contentHash ?? null,
    latest: before ? await filesOf(em, before.contentHash) : null,
    existingVersions: decided.map(({ version }) => version),
    domainAccepted: await em.existsBy(DomainEntity, { name: domain }),
    policies: await policyContext(em, contract),
  };
}

/** A major that was retired has no further version: what ended does not come back. Throws MESH-3086. */
export async function refuseRetired(
  em: EntityManager,
  { product, major }: Pick<ProposalEntity, 'product' | 'major'>,
): Promise<void> {
  const retired = { product, major, status: 'retired' } as const;
  if (await em.existsBy(ProductMajorEntity, retired))
    throw problem(governanceErrors.majorRetired, `${product} major ${major}`);
}

/** The schema of a version as it is registered: the text of its file. The registry may know the same schema in other words by another id. */
export function schemaTextOf({
  files,
  schema,
}: Pick<VersionContentEntity, 'files' | 'schema'>): string {
  return files['schema.avsc'] ?? JSON.stringify(schema);
}

/** The files held under a content hash; null if there are none. */
async function filesOf(em: EntityManager, contentHash: string): Promise<VersionFiles | null> {
  const content = await em.findOneBy(VersionContentEntity, { contentHash });
  return content?.files ?? null;
}

/** What a proposal changes against the one it takes the place of, in the same words; null if there is none. */
export async function changedSince(
  em: EntityManager,
  { replaces }: ProposalEntity,
  files: VersionFiles,
): Promise<{ proposal: string; contentHash: string; changes: Change[] } | null> {
  const before = replaces ? await em.findOneBy(ProposalEntity, { id: replaces }) : null;
  if (!before) return null;
  const { id, contentHash } = before;
  return {
    proposal: id,
    contentHash,
    changes: diffVersions(await filesOf(em, contentHash), files),
  };
}
