import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One client of a grant at the identity provider. The secret is nowhere here: it is shown once. */
@Entity('credential')
@Index('credential_by_grant', ['grantId'])
export class CredentialEntity {
  @PrimaryColumn({ name: 'client_id', type: 'text' })
  clientId!: string;

  @Column({ name: 'grant_id', type: 'text' })
  grantId!: string;

  /** Key id of the public key it authenticates with; null if with a secret. */
  @Column({ name: 'key_id', type: 'text', nullable: true })
  keyId!: string | null;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  expires!: Date;

  /** When it was withdrawn, or its grant ended. */
  @Column({ name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** When the identity provider was last known to have deleted it. */
  @Column({ name: 'removed_at', type: 'timestamptz', precision: 3, nullable: true })
  removedAt!: Date | null;
}
