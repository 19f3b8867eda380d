import type { Statement } from '@caremesh/platform';
import type { Pool } from 'pg';

import type { Fault } from '../errors.js';
import type { Seal } from '../sealing/seal.js';
import { emptyAnswer } from './answer.js';
import type { Answer } from './answer.js';

type SubmissionState = 'waiting' | 'done' | 'failed';
/** A submission as it is kept, without its body. */
export type Submission = {
  receipt: string;
  source: string;
  contentType: string;
  idempotencyKey: string | null;
  sha256: string;
  bytes: number;
  state: SubmissionState;
  done: number;
  answer: Answer;
  traceparent: string;
};

type Row = {
  receipt: string;
  source: string;
  content_type: string;
  idempotency_key: string | null;
  sha256: string;
  bytes: string;
  state: SubmissionState;
  done: number;
  answer: Answer;
  traceparent: string;
};

const COLUMNS =
  'receipt, source, content_type, idempotency_key, sha256, bytes, state, done, answer, traceparent';

/** Submissions in the domain's database: receipts, and the bodies of those still to be worked through. */
export class Submissions {
  constructor(
    private readonly pool: Pool,
    private readonly seal: Seal,
  ) {}

  async byReceipt(receipt: string): Promise<Submission | null> {
    return this.#one(`SELECT ${COLUMNS} FROM submission WHERE receipt = $1`, [receipt]);
  }

  async byKey(source: string, key: string): Promise<Submission | null> {
    return this.#one(
      `SELECT ${COLUMNS} FROM submission WHERE source = $1 AND idempotency_key = $2`,
      [source, key],
    );
  }

  /** The oldest submission of a source that is not worked through. */
  async nextWaiting(source: string): Promise<Submission | null> {
    return this.#one(
      `SELECT ${COLUMNS} FROM submission WHERE state = 'waiting' AND source = $1
       ORDER BY received_at, receipt LIMIT 1`,
      [source],
    );
  }

  /** Stores one piece of a long body, sealed. */
  async keepChunk(receipt: string, n: number, bytes: Uint8Array): Promise<void> {
    const sealed = this.seal.close(bytes, `submission:${receipt}:${n}`);
    await this.pool.query(`INSERT INTO submission_body (receipt, n, sealed) VALUES ($1, $2, $3)`, [
      receipt,
      n,
      sealed,
    ]);
  }

  /** Makes a stored body a submission: from here on it is worked through whatever happens. */
  async keepWaiting(submission: Submission): Promise<void> {
    const { text, values } = insertSubmission({ ...submission, state: 'waiting' });
    await this.pool.query(text, values);
  }

  /** A stored body again, piece by piece. */
  async *bodyOf(receipt: string): AsyncGenerator<Uint8Array> {
    for (let n = 0; ; n++) {
      const found = await this.pool.query<{ sealed: Buffer }>(
        `SELECT sealed FROM submission_body WHERE receipt = $1 AND n = $2`,
        [receipt, n],
      );
      const row = found.rows[0];
      if (!row) return;
      yield this.seal.open(row.sealed, `submission:${receipt}:${n}`);
    }
  }

  /** Forgets pieces of a body that never became a submission, or of one that is done. */
  async dropBody(receipt: string): Promise<void> {
    await this.pool.query(`DELETE FROM submission_body WHERE receipt = $1`, [receipt]);
  }

  /** Nothing in a stored body could be read. */
  async fail(receipt: string, reason: Fault): Promise<void> {
    await this.pool.query(
      `UPDATE submission SET state = 'failed', finished_at = now(),
         answer = answer || jsonb_build_object('errors', $2::jsonb) WHERE receipt = $1`,
      [receipt, JSON.stringify([reason])],
    );
  }

  /** Pieces whose sender went away before the end of the body. */
  async dropOrphans(): Promise<void> {
    await this.pool.query(
      `DELETE FROM submission_body b WHERE NOT EXISTS (SELECT FROM submission s WHERE s.receipt = b.receipt)
       AND b.stored_at < now() - interval '1 day'`,
    );
  }

  async #one(text: string, values: unknown[]): Promise<Submission | null> {
    const found = await this.pool.query<Row>(text, values);
    const row = found.rows[0];
    return row ? fromRow(row) : null;
  }
}

const fromRow = (row: Row): Submission => ({
  receipt: row.receipt,
  source: row.source,
  contentType: row.content_type,
  idempotencyKey: row.idempotency_key,
  sha256: row.sha256,
  bytes: Number(row.bytes),
  state: row.state,
  done: row.done,
  answer: { ...emptyAnswer(row.receipt), ...row.answer },
  traceparent: row.traceparent,
});

/** Writes a submission with its answer, in the transaction of its last items. */
export function insertSubmission(submission: Submission): Statement {
  return {
    name: 'intake-submission',
    text: `INSERT INTO submission (${COLUMNS}, received_at, finished_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now(), CASE WHEN $7 = 'waiting' THEN NULL ELSE now() END)
           ON CONFLICT DO NOTHING`,
    values: [
      submission.receipt,
      submission.source,
      submission.contentType,
      submission.idempotencyKey,
      submission.sha256,
      submission.bytes,
      submission.state,
      submission.done,
      JSON.stringify(submission.answer),
      submission.traceparent,
    ],
  };
}

/**
 * How far a long submission has come, in the transaction of the items that took it there. The items shown are written with each unit
 * that adds to them, which of joined tables may be the last ones, and not with every unit of a long file.
 */
export function progressStatement(
  receipt: string,
  answer: Answer,
  { last, withItems }: { last: boolean; withItems: boolean },
): Statement {
  const { items: _, ...counts } = answer;
  return {
    name: 'intake-progress',
    text: `UPDATE submission SET state = $2, done = $3, answer = answer || $4::jsonb,
             finished_at = CASE WHEN $2 = 'waiting' THEN NULL ELSE now() END
           WHERE receipt = $1`,
    values: [
      receipt,
      last ? 'done' : 'waiting',
      answer.received,
      JSON.stringify(withItems || last ? answer : counts),
    ],
  };
}
