import { Problem, Repeated, delayAfter, eachAlone } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Store, turn } from '../database/store.js';
import { Lifecycle } from '../proposals/lifecycle.service.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { lockProposal } from '../proposals/proposals.js';
import { refuseRetired } from '../proposals/versions.js';
import { LOGGER } from '../settings.js';
import { CarryOut } from './carry-out.js';
import { BY_ITSELF, Publication } from './publication.js';

const EVERY_MS = 1_000;

/**
 * Carries out what was approved, once however often it is tried, also by a process that took over from one
 * that was killed. A verdict of the registry or the broker makes the version `failed` until somebody
 * retries; a part that is down is waited for.
 */
@Injectable()
export class Registrar implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #lifecycle: Lifecycle;
  readonly #carryOut: CarryOut;
  readonly #publication: Publication;
  readonly #work: Repeated;

  constructor(
    store: Store,
    lifecycle: Lifecycle,
    carryOut: CarryOut,
    publication: Publication,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#carryOut = carryOut;
    this.#publication = publication;
    const run = () => this.#all();
    this.#work = new Repeated({ name: 'registrar', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  /** Looks for approved versions now. */
  wake(): void {
    this.#work.wake();
  }

  async #all(): Promise<void> {
    await eachAlone(await this.#due(), async (id) => {
      await this.#store.exclusively(`carry-out:${id}`, () => this.#one(id));
    });
  }

  async #due(): Promise<string[]> {
    const rows = await this.#store.reader
      .createQueryBuilder(ProposalEntity, 'p')
      .select('p.id', 'id')
      .where(`p.state IN ('approved', 'registering')`)
      .andWhere('(p.next_attempt_at IS NULL OR p.next_attempt_at <= now())')
      .orderBy('p.decided_at')
      .getRawMany<{ id: string }>();
    return rows.map(({ id }) => id);
  }

  async #one(id: string): Promise<void> {
    const proposal = await this.#begin(id);
    if (!proposal) return;
    try {
      const { contentHash } = proposal;
      const em = this.#store.reader;
      const content = await em.findOneByOrFail(VersionContentEntity, { contentHash });
      await refuseRetired(em, proposal);
      const carried = await this.#carryOut.version(proposal, content);
      await this.#store.transaction(async (inner) => {
        // In the order of whoever decides, on the product's next version or on the end of its major.
        await turn(inner, `product:${proposal.product}`);
        const held = await lockProposal(inner, id);
        await refuseRetired(inner, held);
        await this.#publication.publish(inner, held, carried);
      });
    } catch (error) {
      await this.#fail(id, error);
    }
  }

  async #begin(id: string): Promise<ProposalEntity | null> {
    return this.#store.transaction(async (em) => {
      const proposal = await lockProposal(em, id);
      if (proposal.state === 'registering') return proposal;
      if (proposal.state !== 'approved') return null;
      await this.#lifecycle.move(em, proposal, 'carry-out', BY_ITSELF);
      return proposal;
    });
  }

  async #fail(id: string, error: unknown): Promise<void> {
    const failure = wordsOf(error);
    const isFinal = error instanceof Problem && !error.retriable;
    await this.#store.transaction(async (em) => {
      const proposal = await lockProposal(em, id);
      if (proposal.state !== 'registering') return;
      const by = { ...BY_ITSELF, detail: { words: failure } };
      if (isFinal) return this.#lifecycle.move(em, proposal, 'fail', by, { failure });
      const { attempts } = proposal;
      const nextAttemptAt = new Date(Date.now() + delayAfter(attempts));
      await em.update(ProposalEntity, { id }, { failure, attempts: attempts + 1, nextAttemptAt });
    });
    if (!isFinal) throw error;
  }
}

/** What whoever decided reads while it waits: what is wrong, where, and what there is to do. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Problem)) return String(error);
  const { message, fix } = error;
  return `${message}${message.endsWith('.') ? '' : '.'} ${fix}`;
}
