import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What came after an organisation. `ods` is null where the new code is not known. */
export type Successor = { ods: string | null; name: string };

export const KINDS = ['nhs-trust', 'integrated-care-board'] as const;

/** An organisation as the Organisation Data Service knows it. */
@Entity('organisation')
@Index('organisation_name_trigrams', { synchronize: false })
export class OrganisationEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'PK_organisation' })
  ods!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  kind!: (typeof KINDS)[number];

  /** First day, YYYY-MM-DD; null where it is not known. */
  @Column({ type: 'date', nullable: true })
  opened!: string | null;

  /** First day on which it is no more; null while it stands, as far as is known. */
  @Column({ type: 'date', nullable: true })
  closed!: string | null;

  @Column({ type: 'jsonb' })
  successors!: Successor[];
}
