import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Somebody who holds a role has another person decide in it, until a day. */
@Entity('cover')
@Index('cover_by_deputy', ['deputy', 'untilAt'])
export class CoverEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  role!: string;

  /** `sub` of the person who holds the role. */
  @Column({ type: 'text' })
  holder!: string;

  @Column({ name: 'holder_team', type: 'text', nullable: true })
  holderTeam!: string | null;

  /** Every role of the holder when they gave it: for whose domain they publish, of whose team they are. */
  @Column({ name: 'holder_roles', type: 'text', array: true, default: [] })
  holderRoles!: string[];

  /** `sub` of the person who decides meanwhile. */
  @Column({ type: 'text' })
  deputy!: string;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ name: 'from_at', type: 'timestamptz', precision: 3 })
  fromAt!: Date;

  @Column({ name: 'until_at', type: 'timestamptz', precision: 3 })
  untilAt!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true })
  endedAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;
}
