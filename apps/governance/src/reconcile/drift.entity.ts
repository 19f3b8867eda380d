import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** What differed: a topic, one of its settings or its partitions, an access rule, a quota, a subject of the registry. */
export const DRIFT_KINDS = [
  'topic',
  'setting',
  'partitions',
  'rule',
  'quota',
  'subject',
  'compatibility',
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** `found`: is being put right. `repaired`: was put right. `standing`: cannot be put right by governance. `cleared`: stood once, no longer does. */
export const DRIFT_OUTCOMES = ['found', 'repaired', 'standing', 'cleared'] as const;
export type DriftOutcome = (typeof DRIFT_OUTCOMES)[number];

/** A difference between what stood and what was decided. */
@Entity('drift')
@Index('drift_standing_once', ['kind', 'object'], {
  unique: true,
  where: `outcome = 'standing'`,
})
@Index('drift_found', ['kind'], { where: `outcome = 'found'` })
export class DriftEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'PK_drift',
  })
  id!: string;

  @Column({ type: 'text' })
  kind!: DriftKind;

  /** `topic:<name>`, `principal:<sub>`, `subject:<name>`. */
  @Column({ type: 'text' })
  object!: string;

  @Column({ type: 'text' })
  outcome!: DriftOutcome;

  @Column({ type: 'jsonb' })
  detail!: Record<string, unknown>;

  @Column({ name: 'found_at', type: 'timestamptz', precision: 3 })
  foundAt!: Date;

  @Column({ name: 'cleared_at', type: 'timestamptz', precision: 3, nullable: true })
  clearedAt!: Date | null;
}
