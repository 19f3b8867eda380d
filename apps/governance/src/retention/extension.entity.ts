import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const EXTENSION_STATES = ['proposed', 'approved', 'refused', 'ended'] as const;
type ExtensionState = (typeof EXTENSION_STATES)[number];

/** The legal moves. What was refused or ended stays so: keeping longer again is a new proposal. */
export const EXTENSION_MOVES: Record<
  ExtensionState,
  Partial<Record<ExtensionEvent, ExtensionState>>
> = {
  proposed: { approve: 'approved', refuse: 'refused' },
  approved: { end: 'ended' },
  refused: {},
  ended: {},
};
export const EXTENSION_EVENTS = ['approve', 'refuse', 'end'] as const;
export type ExtensionEvent = (typeof EXTENSION_EVENTS)[number];

/** That a product's records be kept until a day, whatever its contract says. */
@Entity('retention_extension')
@Index('retention_extension_by_product', ['product'])
export class RetentionExtensionEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'PK_retention_extension' })
  id!: string;

  @Column({ type: 'text' })
  product!: string;

  @Column({ type: 'text' })
  state!: ExtensionState;

  /** The first moment at which the records need not be kept any more. */
  @Column({ type: 'timestamptz', precision: 3 })
  until!: Date;

  @Column({ type: 'text' })
  reason!: string;

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
}
