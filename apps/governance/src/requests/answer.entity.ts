import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What was answered to a request that named an Idempotency-Key, kept for a day. */
@Entity('idempotent_answer')
@Index('idempotent_answer_by_time', ['startedAt'])
export class AnswerEntity {
  @PrimaryColumn({ type: 'text' })
  caller!: string;

  @PrimaryColumn({ type: 'text' })
  key!: string;

  /** SHA-256 of method, path and body: the same key for another request is refused. */
  @Column({ type: 'text' })
  fingerprint!: string;

  @Column({ name: 'started_at', type: 'timestamptz', precision: 3 })
  startedAt!: Date;

  /** Null while the request is worked on. */
  @Column({ type: 'integer', nullable: true })
  status!: number | null;

  /** Null where the answer shows a secret: it is shown once and kept nowhere. */
  @Column({ type: 'jsonb', nullable: true })
  body!: unknown;
}
