import type { DatabaseOptions } from '@caremesh/platform';
import { StandardParticipantEntity } from '../adoption/participant.entity.js';
import { CommentEntity } from '../comments/comment.entity.js';
import { CoverEntity } from '../cover/cover.entity.js';
import { CredentialEntity } from '../credentials/credential.entity.js';
import { DecisionEntity } from '../decisions/decision.entity.js';
import { DomainEntity } from '../domains/domain.entity.js';
import { OutboxEventEntity } from '../events/outbox.entity.js';
import {
  GrantEntity,
  GrantEventEntity,
  GrantProductEntity,
  GrantToldEntity,
} from '../grants/grant.entity.js';
import { GrantUseEntity } from '../grants/use/grant-use.entity.js';
import {
  GrantFormerViewEntity,
  KeyGenerationEntity,
} from '../grants/key-changes/key-generation.entity.js';
import {
  FindingEntity,
  ProductMeasureEntity,
  ProductStandingEntity,
} from '../health/health.entity.js';
import { Governance1795312800000 } from '../migrations/1795312800000-governance.js';
import { Ledger1795312800001 } from '../migrations/1795312800001-ledger.js';
import { Checkpoints1795312800010 } from '../migrations/1795312800010-checkpoints.js';
import { Standards1795312800020 } from '../migrations/1795312800020-standards.js';
import { Reality1795312800030 } from '../migrations/1795312800030-reality.js';
import { Health1795312800031 } from '../migrations/1795312800031-health.js';
import { Retention1795312800032 } from '../migrations/1795312800032-retention.js';
import { Search1795312800040 } from '../migrations/1795312800040-search.js';
import { Organisations1795312800041 } from '../migrations/1795312800041-organisations.js';
import { SearchRevisions1795312800042 } from '../migrations/1795312800042-search-revisions.js';
import { OrganisationEntity } from '../organisations/organisation.entity.js';
import { MotionEntity } from '../motions/motion.entity.js';
import { GrantReadingEntity, MajorParityEntity, MajorStepEntity } from '../majors/major.entity.js';
import { Majors1795312800050 } from '../migrations/1795312800050-majors.js';
import { ProductEntity, ProductMajorEntity } from '../products/product.entity.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { DriftEntity } from '../reconcile/drift.entity.js';
import { StandardEntity, StandardRevisionEntity } from '../standards/standard.entity.js';
import { RetiredTopics1795312800081 } from '../migrations/1795312800081-retired-topics.js';
import { DriftFound1795312800080 } from '../migrations/1795312800080-drift-found.js';
import { Decisions1795312800060 } from '../migrations/1795312800060-decisions.js';
import { GrantConsumer1795312800070 } from '../migrations/1795312800070-grant-consumer.js';
import { GrantTerms1795312800090 } from '../migrations/1795312800090-grant-terms.js';
import { KeyGenerations1795313000001 } from '../migrations/1795313000001-key-generations.js';
import { SearchHits1795313000002 } from '../migrations/1795313000002-search-hits.js';
import { SuspendedAs1795314000011 } from '../migrations/1795314000011-suspended-as.js';
import { Notices1795314000031 } from '../migrations/1795314000031-notices.js';
import { GrantUse1795317000001 } from '../migrations/1795317000001-grant-use.js';
import { HolderRoles1795318000001 } from '../migrations/1795318000001-holder-roles.js';
import { AnswerEntity } from '../requests/answer.entity.js';
import { RetentionExtensionEntity } from '../retention/extension.entity.js';

/** Every table of governance's database but the ledger's, which the service may only add to and read. */
export const tables: Pick<DatabaseOptions, 'entities' | 'migrations'> = {
  entities: [
    DomainEntity,
    VersionContentEntity,
    ProposalEntity,
    DecisionEntity,
    ProductEntity,
    ProductMajorEntity,
    GrantEntity,
    GrantProductEntity,
    GrantEventEntity,
    GrantToldEntity,
    KeyGenerationEntity,
    GrantFormerViewEntity,
    CredentialEntity,
    OutboxEventEntity,
    DriftEntity,
    OrganisationEntity,
    MotionEntity,
    StandardEntity,
    StandardRevisionEntity,
    StandardParticipantEntity,
    CommentEntity,
    CoverEntity,
    AnswerEntity,
    ProductStandingEntity,
    ProductMeasureEntity,
    FindingEntity,
    RetentionExtensionEntity,
    MajorStepEntity,
    MajorParityEntity,
    GrantReadingEntity,
    GrantUseEntity,
  ],
  migrations: [
    Governance1795312800000,
    Ledger1795312800001,
    Checkpoints1795312800010,
    Standards1795312800020,
    Reality1795312800030,
    Health1795312800031,
    Retention1795312800032,
    Search1795312800040,
    Organisations1795312800041,
    SearchRevisions1795312800042,
    Decisions1795312800060,
    Majors1795312800050,
    GrantConsumer1795312800070,
    DriftFound1795312800080,
    RetiredTopics1795312800081,
    GrantTerms1795312800090,
    KeyGenerations1795313000001,
    SearchHits1795313000002,
    SuspendedAs1795314000011,
    Notices1795314000031,
    GrantUse1795317000001,
    HolderRoles1795318000001,
  ],
};
