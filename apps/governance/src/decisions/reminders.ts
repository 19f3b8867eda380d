import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Store } from '../database/store.js';
import { Outbox } from '../events/outbox.js';
import { Lifecycle } from '../proposals/lifecycle.service.js';
import { ProposalEntity } from '../proposals/proposal.entity.js';
import { LOGGER } from '../settings.js';
import { approvalsOf } from './decisions.js';

const EVERY_MS = 30_000;
const BETWEEN_MS = 86_400_000;
const BY_ITSELF = { actor: 'svc-governance', role: 'clock' };

/** Reminds those who decide of what is past its promised day, once a day until somebody decides. */
@Injectable()
export class Reminders implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #work: Repeated;

  constructor(
    private readonly store: Store,
    private readonly lifecycle: Lifecycle,
    private readonly outbox: Outbox,
    @Inject(LOGGER) log: Logger,
  ) {
    const run = () => this.remind(new Date());
    this.#work = new Repeated({ name: 'reminders', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  /** One look at `now`. A row that another instance holds is that instance's to tell. */
  async remind(now: Date): Promise<void> {
    await this.store.transaction(async (em) => {
      const overdue = await em
        .createQueryBuilder(ProposalEntity, 'p')
        .where(`p.state = 'proposed' AND p.decide_by <= :now`, { now })
        .andWhere('(p.reminded_at IS NULL OR p.reminded_at <= :last)', {
          last: new Date(now.getTime() - BETWEEN_MS),
        })
        .orderBy('p.decide_by', 'ASC')
        .take(100)
        .setLock('pessimistic_write')
        .setOnLocked('skip_locked')
        .getMany();
      for (const proposal of overdue) {
        await em.update(ProposalEntity, { id: proposal.id }, { remindedAt: now });
        const given = (await approvalsOf(em, proposal.id)).map(({ role }) => role);
        const waitingFor = proposal.decisionsNeeded.filter((role) => !given.includes(role));
        const decideBy = proposal.decideBy?.toISOString();
        const detail = { waitingFor, decideBy };
        await this.lifecycle.note(em, proposal, 'proposal.overdue', { ...BY_ITSELF, detail });
        const { product, version, contentHash } = proposal;
        await this.outbox.tell(em, {
          type: 'proposal.overdue',
          subject: `proposal:${proposal.id}`,
          data: { product, version, contentHash, ...detail },
        });
      }
    });
  }
}
