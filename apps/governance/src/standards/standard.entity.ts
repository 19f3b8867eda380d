import type { Standard } from '@caremesh/contract';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A standard of the catalogue as it stands now. */
@Entity('standard')
export class StandardEntity {
  /** The identifier in lower case. */
  @PrimaryColumn({ type: 'text' })
  key!: string;

  /** The catalogue's own count; the version the owner publishes is in the content. */
  @Column({ type: 'integer' })
  revision!: number;

  @Column({ type: 'jsonb' })
  content!: Standard;

  @Column({ name: 'content_hash', type: 'text' })
  contentHash!: string;

  /** Every name it answers to, in lower case. */
  @Column({ type: 'text', array: true })
  names!: string[];

  @Column({ name: 'care_settings', type: 'text', array: true })
  careSettings!: string[];

  @Column({ name: 'use_cases', type: 'text', array: true })
  useCases!: string[];

  @Column({ type: 'text' })
  state!: string;

  @Column({ type: 'boolean' })
  mandated!: boolean;

  /** Still as it came with the release: no lead has revised it. */
  @Column({ type: 'boolean' })
  seeded!: boolean;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;
}

/** Every revision a standard has had. Never changed. */
@Entity('standard_revision')
export class StandardRevisionEntity {
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @PrimaryColumn({ type: 'integer' })
  revision!: number;

  @Column({ type: 'jsonb' })
  content!: Standard;

  @Column({ name: 'content_hash', type: 'text' })
  contentHash!: string;

  /** The motion that brought it; null for one that came with a release. */
  @Column({ type: 'text', nullable: true })
  motion!: string | null;

  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
