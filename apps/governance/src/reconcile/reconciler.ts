import { Health, Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Store } from '../database/store.js';
import { LOGGER, SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { DecidedState } from './decided.js';
import type { Decided } from './decided.js';
import { Drifts } from './drifts.js';
import type { Found } from './drifts.js';
import { Repair } from './repair.js';
import { SubjectRepair } from './subjects.js';

// Subjects are two listings, and a request for the compatibility of each (of grants', of an eighth of them: `subjects.ts`); only what
// changed is read. A registry that lists no versions is asked for each subject's. Rules, quotas and topics are a few altogether.
const SUBJECTS_EVERY = 2;

/**
 * Holds what stands at broker and registry against what was decided, every few seconds, and writes down
 * what differs before it puts it right. Its first run makes what the mesh itself needs; until then governance says that it
 * waits for the broker.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #decided: DecidedState;
  readonly #repair: Repair;
  readonly #store: Store;
  readonly #subjects: SubjectRepair;
  readonly #drifts: Drifts;
  readonly #health: Health;
  readonly #work: Repeated;
  #turns = 0;

  constructor(
    decided: DecidedState,
    repair: Repair,
    store: Store,
    subjects: SubjectRepair,
    drifts: Drifts,
    health: Health,
    @Inject(SETTINGS) { reconcileEveryMs: everyMs }: Settings,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#decided = decided;
    this.#repair = repair;
    this.#store = store;
    this.#subjects = subjects;
    this.#drifts = drifts;
    this.#health = health;
    this.#work = new Repeated({ name: 'reconciler', everyMs, log, run: () => this.#turn() });
  }

  onApplicationBootstrap(): void {
    this.#health.setNotReady('broker');
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  async #turn(): Promise<void> {
    await this.#store.exclusively('reconciler', async () => {
      const read = () => this.#decided.read();
      const decided = await read();
      const found = this.#found(decided);
      const { repaired, standing } = await this.#repair.topics(decided, this.#turns, found);
      await this.#drifts.repaired(['topic', 'setting'], repaired);
      await this.#drifts.standing(['topic', 'partitions'], standing);
      await this.#drifts.repaired(['quota'], await this.#repair.quotas(read, found));
      const rules = await this.#repair.rules(read, found);
      await this.#drifts.repaired(['rule'], rules.repaired);
      await this.#drifts.standing(['rule'], rules.standing);
      // Who may read and write what stands as decided. A subject that cannot be judged is to be mended with the mesh up.
      this.#health.setReady();
      const turn = this.#turns;
      // Also where a subject fails: the next turn looks at the other half of what grants have.
      this.#turns += 1;
      if (turn % SUBJECTS_EVERY === 0) {
        const subjects = await this.#subjects.run(read, (now) => this.#found(now));
        // First: what was found and stands all the same is not said to be repaired.
        await this.#drifts.standing(['subject'], subjects.standing);
        await this.#drifts.repaired(['subject', 'compatibility'], subjects.repaired);
      }
    });
    this.#health.setReady();
  }

  // In a mesh without any accepted domain nothing can have drifted yet: it is being prepared.
  #found({ domains }: Decided): Found {
    if (domains.length === 0) return (drifts) => this.#drifts.prepared(drifts);
    return (drifts) => this.#drifts.found(drifts);
  }
}
