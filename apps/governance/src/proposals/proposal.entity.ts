import type { Change, Check, DataContract, VersionFiles } from '@caremesh/contract';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ProposalState } from './lifecycle.js';

/** A change with the grants it touches, as the proposal shows it. */
export type TouchingChange = Change & { grants: { id: string; organisation: string }[] };

/** The files of a version, held once per content, under their hash. */
@Entity('version_content')
export class VersionContentEntity {
  @PrimaryColumn({ name: 'content_hash', type: 'text' })
  contentHash!: string;

  @Column({ type: 'jsonb' })
  files!: VersionFiles;

  @Column({ type: 'jsonb' })
  contract!: DataContract;

  @Column({ type: 'jsonb' })
  schema!: object;
}

/** A version of a product on its way from proposal to retirement. */
@Entity('proposal')
@Index('proposal_by_state', ['state'])
@Index('proposal_by_product', ['product'])
@Index('proposal_by_hash', ['contentHash'])
@Index('proposal_one_decided_version', ['product', 'version'], {
  unique: true,
  where: `state IN ('approved', 'registering', 'published', 'deprecated', 'retired')`,
})
export class ProposalEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  product!: string;

  @Column({ type: 'text' })
  domain!: string;

  @Column({ type: 'text' })
  version!: string;

  @Column({ type: 'integer' })
  major!: number;

  @Column({ name: 'content_hash', type: 'text' })
  contentHash!: string;

  @Column({ type: 'text' })
  state!: ProposalState;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ name: 'proposed_by', type: 'text' })
  proposedBy!: string;

  @Column({ type: 'text', nullable: true })
  team!: string | null;

  @Column({ type: 'jsonb' })
  checks!: Check[];

  @Column({ type: 'jsonb' })
  changes!: TouchingChange[];

  @Column({ name: 'decisions_needed', type: 'text', array: true })
  decisionsNeeded!: string[];

  /** Hash of the version the changes are against; null if it is the product's first. */
  @Column({ name: 'compared_with', type: 'text', nullable: true })
  comparedWith!: string | null;

  /** The proposal of the same version that this one takes the place of. */
  @Column({ type: 'text', nullable: true })
  replaces!: string | null;

  /** Until when the mesh promises a decision. */
  @Column({ name: 'decide_by', type: 'timestamptz', precision: 3, nullable: true })
  decideBy!: Date | null;

  /** When the deciders were last reminded of it. */
  @Column({ name: 'reminded_at', type: 'timestamptz', precision: 3, nullable: true })
  remindedAt!: Date | null;

  @Column({ type: 'boolean', default: false })
  demonstration!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;

  @Column({ name: 'decided_by', type: 'text', nullable: true })
  decidedBy!: string | null;

  @Column({ name: 'decided_at', type: 'timestamptz', precision: 3, nullable: true })
  decidedAt!: Date | null;

  /** Attempts to carry it out that met a part that was down. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ name: 'next_attempt_at', type: 'timestamptz', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  /** Why it failed, or what is waited for, in the words of the part that said so. */
  @Column({ type: 'text', nullable: true })
  failure!: string | null;

  @Column({ name: 'schema_id', type: 'integer', nullable: true })
  schemaId!: number | null;

  @Column({ name: 'secondary_schema_id', type: 'integer', nullable: true })
  secondarySchemaId!: number | null;

  @Column({ name: 'published_at', type: 'timestamptz', precision: 3, nullable: true })
  publishedAt!: Date | null;
}
