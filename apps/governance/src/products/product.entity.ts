import type { DataContract } from '@caremesh/contract';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A product of the catalogue, as its newest published version describes it. */
@Entity('product')
@Index('product_by_domain', ['domain'])
export class ProductEntity {
  /** `<domain>.<product>` */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  domain!: string;

  @Column({ type: 'text' })
  name!: string;

  /** The contract of the newest published version of the newest major. */
  @Column({ type: 'jsonb' })
  contract!: DataContract;

  @Column({ type: 'text', array: true })
  purposes!: string[];

  @Column({ type: 'text', array: true })
  standards!: string[];

  @Column({ name: 'care_settings', type: 'text', array: true })
  careSettings!: string[];
}

/** One major version of a product: its own topics, its own subjects, side by side with other majors. */
@Entity('product_major')
export class ProductMajorEntity {
  @PrimaryColumn({ type: 'text' })
  product!: string;

  @PrimaryColumn({ type: 'integer' })
  major!: number;

  @Column({ type: 'text' })
  topic!: string;

  /** Null where the contract allows individual care only: there is no secondary edition then. */
  @Column({ name: 'secondary_topic', type: 'text', nullable: true })
  secondaryTopic!: string | null;

  @Column({ type: 'text' })
  status!: 'published' | 'deprecated' | 'retired';

  /** Until when at least a deprecated major is kept; null before notice is given. */
  @Column({ name: 'notice_until', type: 'timestamptz', precision: 3, nullable: true })
  noticeUntil!: Date | null;

  /** Since when it is retired; from then on nobody reads it (`closedAt`), soon nobody writes it (`deniedAt`). */
  @Column({ name: 'retired_at', type: 'timestamptz', precision: 3, nullable: true })
  retiredAt!: Date | null;

  /** What is in its topics is kept until then, and let go of after (`emptiedAt`). */
  @Column({ name: 'topic_until', type: 'timestamptz', precision: 3, nullable: true })
  topicUntil!: Date | null;

  @Column({ name: 'closed_at', type: 'timestamptz', precision: 3, nullable: true })
  closedAt!: Date | null;

  @Column({ name: 'denied_at', type: 'timestamptz', precision: 3, nullable: true })
  deniedAt!: Date | null;

  @Column({ name: 'emptied_at', type: 'timestamptz', precision: 3, nullable: true })
  emptiedAt!: Date | null;

  /** Hash of the newest published version of this major. */
  @Column({ name: 'latest_hash', type: 'text' })
  latestHash!: string;
}
