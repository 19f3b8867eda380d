import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who says that they work on a standard, so that others can find them. */
@Entity('standard_participant')
export class StandardParticipantEntity {
  /** The standard's identifier in lower case. */
  @PrimaryColumn({ type: 'text' })
  standard!: string;

  @PrimaryColumn({ type: 'text' })
  who!: string;

  @Column({ type: 'text', nullable: true })
  team!: string | null;

  @Column({ type: 'text', nullable: true })
  organisation!: string | null;

  /** What they are doing, in their words. */
  @Column({ type: 'text' })
  note!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  since!: Date;
}
