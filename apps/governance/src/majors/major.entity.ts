import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MajorStep, StepState } from './lifecycle.js';
import type { ParityCounts } from './shapes.js';

/** A step in the life of a major: proposed by its owner, decided by a governance lead. */
@Entity('major_step')
@Index('major_step_one_open', ['product', 'major'], { unique: true, where: `state = 'proposed'` })
export class MajorStepEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  product!: string;

  @Column({ type: 'integer' })
  major!: number;

  @Column({ type: 'text' })
  step!: MajorStep;

  @Column({ type: 'text' })
  state!: StepState;

  @Column({ type: 'text' })
  reason!: string;

  /** For a deprecation: until when at least the major is kept; the first moment at which it may be retired. */
  @Column({ name: 'notice_until', type: 'timestamptz', precision: 3, nullable: true })
  noticeUntil!: Date | null;

  @Column({ name: 'proposed_by', type: 'text' })
  proposedBy!: string;

  @Column({ type: 'text', nullable: true })
  team!: string | null;

  @Column({ name: 'proposed_at', type: 'timestamptz', precision: 3 })
  proposedAt!: Date;

  @Column({ name: 'decided_by', type: 'text', nullable: true })
  decidedBy!: string | null;

  @Column({ name: 'decided_at', type: 'timestamptz', precision: 3, nullable: true })
  decidedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  words!: string | null;
}

/** How far a grant has read on a topic, and when that was last seen to grow. */
@Entity('grant_reading')
export class GrantReadingEntity {
  @PrimaryColumn({ name: 'grant_id', type: 'text' })
  grantId!: string;

  @PrimaryColumn({ name: 'topic', type: 'text' })
  topic!: string;

  /** Sum of the offsets that the grant's groups have committed on the topic. */
  @Column({ type: 'bigint' })
  committed!: string;

  @Column({ name: 'read_at', type: 'timestamptz', precision: 3 })
  readAt!: Date;
}

/** The newest comparison of two majors, as the domain that publishes them counted it in its own database. */
@Entity('major_parity')
export class MajorParityEntity {
  @PrimaryColumn({ type: 'text' })
  product!: string;

  @PrimaryColumn({ name: 'from_major', type: 'integer' })
  from!: number;

  @PrimaryColumn({ name: 'to_major', type: 'integer' })
  to!: number;

  @Column({ name: 'counted_at', type: 'timestamptz', precision: 3 })
  countedAt!: Date;

  @Column({ type: 'jsonb' })
  counts!: ParityCounts;
}
