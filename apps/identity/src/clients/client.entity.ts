import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Audience, Client } from './client.js';

/** A client as it is kept. No column holds a secret, only the hash of one. */
@Entity('client')
export class ClientEntity implements Client {
  @PrimaryColumn({ name: 'client_id', type: 'text' })
  clientId!: string;

  @Column({ type: 'text' })
  sub!: string;

  @Column({ type: 'text' })
  kind!: Client['kind'];

  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ name: 'secret_sha256', type: 'text', nullable: true })
  secretSha256!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  jwk!: Record<string, unknown> | null;

  @Column({ type: 'text', array: true })
  audiences!: Audience[];

  @Column({ name: 'default_audience', type: 'text' })
  defaultAudience!: Audience;

  @Column({ type: 'text', array: true })
  roles!: string[];

  @Column({ type: 'text', nullable: true })
  org!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  expires!: Date | null;
}

/** A one-time value (the `jti` of a signed client assertion) that has been used. */
@Entity('used_assertion')
export class UsedAssertionEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
