import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { newId } from '../../database/ids.js';
import { Store, turn } from '../../database/store.js';
import { Ledger } from '../../ledger/ledger.js';
import { MotionEntity } from '../../motions/motion.entity.js';
import { hashOf } from '../../motions/motions.js';
import { SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';

const REFERENCE = 'demonstration shared care record';
const BY = 'svc-governance';

/**
 * In every mode but production there is one agreement from the start, marked as a demonstration, between the
 * organisations of the seeded people: so that individual care can be tried without the papers. Ended by a lead, it stays ended.
 */
@Injectable()
export class AgreementSeed implements OnApplicationBootstrap {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #settings: Settings;

  constructor(store: Store, ledger: Ledger, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#ledger = ledger;
    this.#settings = settings;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.#settings.mode === 'production') return;
    const organisations = this.#settings.demonstrationControllers.split(',').filter(Boolean);
    await this.#store.transaction(async (em) => {
      await turn(em, `motion:agreement:${REFERENCE}`);
      const subject = { kind: 'agreement' as const, subject: REFERENCE };
      if (await em.existsBy(MotionEntity, subject)) return;
      const content = { reference: REFERENCE, organisations, until: null };
      const now = new Date();
      const reason = 'Demonstration: organisations of the seeded people';
      const made = em.create(MotionEntity, {
        ...{ ...subject, id: newId(), content, contentHash: hashOf(content), basedOn: null },
        ...{ state: 'approved', reason, proposedBy: BY, team: null, demonstration: true },
        ...{ createdAt: now, updatedAt: now, decidedBy: BY, decidedRole: 'release' },
        ...{ decisionReason: reason, decidedAt: now, endsAt: null },
      });
      await em.insert(MotionEntity, made as never);
      await this.#ledger.record(em, {
        ...{ actor: BY, role: 'release', action: 'agreement.seeded' },
        ...{ object: `agreement:${made.id}`, detail: { ...content, demonstration: true } },
      });
    });
  }
}
