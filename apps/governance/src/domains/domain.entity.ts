import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Quota } from '../broker/quotas.js';

/** A care domain as governance knows it: it exists once a lead has accepted it, not because a folder does. */
@Entity('domain')
export class DomainEntity {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ name: 'accepted_by', type: 'text' })
  acceptedBy!: string;

  @Column({ name: 'accepted_at', type: 'timestamptz', precision: 3 })
  acceptedAt!: Date;

  /** When its principal was enabled and its access rules first stood; null until then. */
  @Column({ name: 'standing_since', type: 'timestamptz', precision: 3, nullable: true })
  standingSince!: Date | null;

  /** What its principal may use of the broker, as decided; null in a domain accepted before there were quotas. */
  @Column({ type: 'jsonb', nullable: true })
  quota!: Quota | null;
}
