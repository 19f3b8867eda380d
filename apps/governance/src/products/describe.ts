import { names } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import type { ProposalEntity } from '../proposals/proposal.entity.js';
import type { ProductEntity, ProductMajorEntity } from './product.entity.js';

/** As much of a product as a list shows: everything but its fields. */
type Described = Pick<ProductEntity, 'id' | 'domain' | 'name'> & {
  contract: Omit<DataContract, 'fields'>;
};

/** A product as the API shows it, without its majors. */
export function describeProduct({ id, domain, name, contract }: Described) {
  const { title, description, owner, support, purposes, legalBasis, careSetting } = contract;
  const { standards, freshness, completeness, retention, benefit } = contract;
  return {
    id,
    domain,
    name,
    title,
    description,
    owner,
    support,
    purposes,
    legalBasis,
    careSetting,
    standards,
    freshness,
    completeness,
    retention,
    benefit: benefit ?? null,
  };
}

/** A major with its versions, oldest first. */
export function describeMajor(major: ProductMajorEntity, versions: readonly ProposalEntity[]) {
  const { topic, secondaryTopic, status } = major;
  return {
    major: major.major,
    topic,
    subject: names.subjectOf(topic),
    status,
    noticeUntil: major.noticeUntil?.toISOString() ?? null,
    secondary: secondaryTopic
      ? {
          topic: secondaryTopic,
          subject: names.subjectOf(secondaryTopic),
          schemaId: versions.findLast((one) => one.secondarySchemaId)?.secondarySchemaId ?? null,
        }
      : null,
    versions: versions.map(describeVersion),
  };
}

function describeVersion(proposal: ProposalEntity) {
  const { version, state, schemaId, secondarySchemaId, contentHash, decidedBy } = proposal;
  return {
    version,
    state,
    schemaId,
    contentHash,
    decidedBy,
    decidedAt: proposal.decidedAt?.toISOString() ?? null,
    secondarySchemaId,
    proposal: proposal.id,
    publishedAt: proposal.publishedAt?.toISOString() ?? null,
  };
}
