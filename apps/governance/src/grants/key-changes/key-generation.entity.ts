import type { Purpose } from '@caremesh/contract';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A recipient's pseudonym key as it was decided. The first generation, which nobody has to decide, has no row. */
@Entity('key_generation')
export class KeyGenerationEntity {
  @PrimaryColumn({ type: 'text' })
  organisation!: string;

  @PrimaryColumn({ type: 'text' })
  purpose!: Purpose;

  @PrimaryColumn({ type: 'integer' })
  generation!: number;

  /** The motion that was approved. */
  @Column({ type: 'text' })
  motion!: string;

  @Column({ name: 'decided_at', type: 'timestamptz', precision: 3 })
  decidedAt!: Date;

  /** Until then the generation before is read beside this one. */
  @Column({ name: 'former_until', type: 'timestamptz', precision: 3 })
  formerUntil!: Date;
}

/** The view that a grant had before its pseudonyms changed. */
@Entity('grant_former_view')
export class GrantFormerViewEntity {
  @PrimaryColumn({ type: 'text' })
  topic!: string;

  @Column({ name: 'grant_id', type: 'text' })
  grantId!: string;

  @Column({ type: 'text' })
  product!: string;

  @Column({ type: 'integer' })
  major!: number;

  @Column({ type: 'integer' })
  generation!: number;

  @Column({ name: 'view_schema_id', type: 'integer' })
  viewSchemaId!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  until!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true })
  endedAt!: Date | null;
}
