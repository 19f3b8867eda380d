import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Way } from './ways.js';

/** When a way out of a grant was last used on one topic; that of its own groups on the stream is in `grant_reading`. */
@Entity('grant_use')
export class GrantUseEntity {
  @PrimaryColumn({ name: 'grant_id', type: 'text' })
  grantId!: string;

  @PrimaryColumn({ type: 'text' })
  topic!: string;

  @PrimaryColumn({ type: 'text' })
  way!: Exclude<Way, 'stream'>;

  @Column({ name: 'used_at', type: 'timestamptz', precision: 3 })
  usedAt!: Date;

  /** Null where it is not done one by one. */
  @Column({ type: 'bigint', nullable: true })
  times!: string | null;

  /** Null where nobody can count them. */
  @Column({ type: 'bigint', nullable: true })
  records!: string | null;
}
