import { createHash } from 'node:crypto';

import type { AnySource } from '../define/domain.js';
import { fault, IntakeRefused, ProductError } from '../errors.js';
import { emptyAnswer, Tally } from './answer.js';
import type { Answer } from './answer.js';
import { readBeginning, sha256Of } from './body.js';
import type { Beginning } from './body.js';
import { newId, newTraceparent } from './ids.js';
import { assertTaken } from './reception.js';
import type { Receiver } from './reception.js';
import { insertSubmission } from './submissions.js';
import type { Submission, Submissions } from './submissions.js';

const CHUNK_BYTES = 1024 * 1024;
const MOST_BYTES = 512 * 1024 * 1024;
const KEY = /^[\x21-\x7e]{1,128}$/;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A body on its way in, and what its sender said about it. */
export type Incoming = {
  contentType: string | undefined;
  contentEncoding?: string | undefined;
  idempotencyKey: string | undefined;
  traceparent: string | undefined;
  body: AsyncIterable<Buffer>;
};
export type Received = { status: 200; answer: Answer } | { status: 202; receipt: string };

/**
 * Takes submissions in: small ones are answered when every item is durable; large ones are stored whole,
 * receipted, and worked through in the background.
 */
export class Intake {
  readonly #underWay = new Map<string, Promise<Received>>();

  constructor(
    private readonly reception: Receiver,
    private readonly submissions: Submissions,
    private readonly onWaiting: () => void,
  ) {}

  /** Throws `IntakeRefused` or a `ProductError`; then nothing, or only whole items before the fault, were stored. */
  async take(source: AnySource, incoming: Incoming): Promise<Received> {
    assertTaken(source, incoming.contentType, incoming.contentEncoding);
    const key = incoming.idempotencyKey;
    if (key === undefined) return this.#take(source, incoming, null);
    if (!KEY.test(key)) throw new ProductError('idempotencyKeyInvalid');
    // Two requests with one key at a time: the second waits for what the first is told.
    const name = `${source.name} ${key}`;
    while (this.#underWay.has(name)) await this.#underWay.get(name)!.catch(() => undefined);
    const taking = this.#take(source, incoming, key).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, taking);
    return taking;
  }

  async #take(source: AnySource, incoming: Incoming, key: string | null): Promise<Received> {
    const beginning = await readBeginning(incoming.body);
    if (beginning.bytes === 0) throw new IntakeRefused(fault('bodyEmpty', '/'));
    const submission: Submission = {
      receipt: newId(),
      source: source.name,
      contentType: incoming.contentType!,
      idempotencyKey: key,
      sha256: '',
      bytes: beginning.bytes,
      state: 'done',
      done: 0,
      answer: emptyAnswer(''),
      traceparent: TRACEPARENT.test(incoming.traceparent ?? '')
        ? incoming.traceparent!
        : newTraceparent(),
    };
    submission.answer = emptyAnswer(submission.receipt);
    return beginning.rest
      ? this.#store(source, submission, beginning)
      : this.#answer(source, submission, beginning.chunks);
  }

  /**
   * The answer a key was given before, if it was for the same bytes: also by another process meanwhile, whose receipt was kept and
   * this one's not. Null where there is none, or this submission's own.
   */
  async #before(submission: Submission): Promise<Received | null> {
    if (submission.idempotencyKey === null) return null;
    const before = await this.submissions.byKey(submission.source, submission.idempotencyKey);
    if (!before || before.receipt === submission.receipt) return null;
    if (before.sha256 !== submission.sha256) throw new ProductError('idempotencyKeyReused');
    return before.state === 'done'
      ? { status: 200, answer: before.answer }
      : { status: 202, receipt: before.receipt };
  }

  async #answer(source: AnySource, submission: Submission, chunks: Buffer[]): Promise<Received> {
    submission.sha256 = sha256Of(chunks);
    const before = await this.#before(submission);
    if (before) return before;
    const tally = new Tally(submission.answer);
    await this.reception.receive(source, iterate(chunks), arrivalOf(submission), {
      skip: 0,
      receipt: submission.receipt,
      onUnit: (n, result, last) => {
        const answer = tally.after(n, result);
        return last ? [insertSubmission({ ...submission, answer, done: answer.received })] : [];
      },
    });
    return (await this.#before(submission)) ?? { status: 200, answer: tally.last };
  }

  async #store(source: AnySource, submission: Submission, beginning: Beginning): Promise<Received> {
    const { receipt } = submission;
    try {
      await this.#storeBody(source, submission, beginning);
      const before = await this.#before(submission);
      if (before) {
        await this.submissions.dropBody(receipt);
        return before;
      }
      await this.submissions.keepWaiting({ ...submission, state: 'waiting' });
      const kept = await this.#before(submission);
      if (kept) {
        await this.submissions.dropBody(receipt);
        return kept;
      }
    } catch (error) {
      await this.submissions.dropBody(receipt).catch(() => undefined);
      throw error;
    }
    this.onWaiting();
    return { status: 202, receipt };
  }

  /** Stores the body in pieces of a mebibyte while it arrives; memory holds one piece. */
  async #storeBody(source: AnySource, submission: Submission, beginning: Beginning): Promise<void> {
    const hash = createHash('sha256');
    let held: Buffer[] = [];
    let bytes = 0;
    let n = 0;
    for await (const chunk of whole(beginning)) {
      hash.update(chunk);
      submission.bytes = bytes += chunk.length;
      if (bytes > (source.maxBytes ?? MOST_BYTES))
        throw new IntakeRefused(fault('bodyTooLarge', '/'));
      held.push(chunk);
      if (held.reduce((sum, part) => sum + part.length, 0) < CHUNK_BYTES) continue;
      await this.submissions.keepChunk(submission.receipt, n++, Buffer.concat(held));
      held = [];
    }
    if (held.length > 0)
      await this.submissions.keepChunk(submission.receipt, n, Buffer.concat(held));
    submission.sha256 = hash.digest('hex');
  }
}

/** What every item of a submission shares. */
export const arrivalOf = ({ source, contentType, traceparent, receipt }: Submission) => ({
  source,
  contentType,
  traceparent,
  receipt,
});

async function* iterate(chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

async function* whole({ chunks, rest }: Beginning): AsyncGenerator<Buffer> {
  yield* chunks;
  for (let next = await rest!.next(); !next.done; next = await rest!.next()) yield next.value;
}
