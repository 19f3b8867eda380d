import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import { Store } from '../database/store.js';
import { standardErrors } from '../errors.js';
import { MotionEntity } from '../motions/motion.entity.js';
import { Motions } from '../motions/motions.js';
import { LOGGER } from '../settings.js';

const EVERY_MS = 1_000;
const BATCH = 100;

/**
 * Writes down and tells that a waiver has reached its end. It held no more from that moment on, whether this ran or
 * not: what asks for waivers in force looks at the clock.
 */
@Injectable()
export class WaiverExpiry implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #motions: Motions;
  readonly #work: Repeated;

  constructor(store: Store, motions: Motions, @Inject(LOGGER) log: Logger) {
    this.#store = store;
    this.#motions = motions;
    this.#work = new Repeated({
      name: 'waiver expiry',
      everyMs: EVERY_MS,
      log,
      run: () => this.#expire(),
    });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  async #expire(): Promise<void> {
    const due = await this.#store.reader.find(MotionEntity, {
      where: { kind: 'waiver', state: 'approved', endsAt: LessThanOrEqual(new Date()) },
      take: BATCH,
    });
    for (const { id } of due) await this.#one(id);
  }

  // Another instance may have been faster: the row is looked at again once it is held.
  async #one(id: string): Promise<void> {
    await this.#store.transaction(async (em) => {
      const kind = { kind: 'waiver', id, notFound: standardErrors.waiverNotFound } as const;
      const motion = await this.#motions.lock(em, kind);
      if (motion.state !== 'approved') return;
      await this.#motions.move(em, motion, 'expire', { actor: 'svc-governance', role: 'system' });
    });
  }
}
