import { Repeated, eachAlone } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { IsNull, LessThanOrEqual, In, MoreThan, Not } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { names } from '@caremesh/contract';
import { WaitingFetches } from '../broker/waiting-fetches.js';
import { CredentialEntity } from '../credentials/credential.entity.js';
import { Store } from '../database/store.js';
import { IdentityClients } from '../identity/identity-clients.js';
import { LOGGER } from '../settings.js';
import { GrantEntity } from './grant.entity.js';
import { lockGrant } from './grant-store.js';
import { LIVE_STATES, grantMoveOf } from './lifecycle.js';
import { GrantLifecycle } from './lifecycle.service.js';
import type { GrantBy } from './lifecycle.service.js';
import { Provision } from './provision.js';

const EVERY_MS = 1_000;
/**
 * A fetch waits no longer than its connection is let be: Kafka's `connections.max.idle.ms`, ten minutes where nobody says otherwise.
 * Half as much again: the rules go a moment after the grant's end, later where the broker is tried again, and until they
 * are gone a fetch may still begin to wait.
 */
const IDLE_MS = 15 * 60_000;
const BY_ITSELF = { actor: 'svc-governance', role: 'clock' };

/**
 * How a grant ends, or is suspended with the agreement it rests on: its access rules are taken away and its clients
 * removed at once. What broker or identity provider could not carry out is tried again every second, and the
 * reconciler looks after the rules as well.
 */
@Injectable()
export class GrantEnding implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #work: Repeated;

  constructor(
    private readonly store: Store,
    private readonly lifecycle: GrantLifecycle,
    private readonly provision: Provision,
    private readonly waiting: WaitingFetches,
    private readonly identity: IdentityClients,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    const run = () => this.#look();
    this.#work = new Repeated({ name: 'grant-ending', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
    // Of what ended a moment before this service did, fetches may still wait.
    void this.#cutAgain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  async #cutAgain(): Promise<void> {
    try {
      const ended = await this.store.reader.find(GrantEntity, {
        select: { id: true },
        where: [{ endedAt: MoreThan(new Date(Date.now() - IDLE_MS)) }, { state: 'suspended' }],
      });
      await this.waiting.cutNow(ended.map(({ id }) => names.grantPrincipal(id)));
    } catch (err) {
      this.log.warn({ err }, 'Which grants ended a moment ago is not known');
    }
  }

  /** Ends the grant in the caller's transaction; `enforce` after its commit makes it felt. */
  async end(em: EntityManager, grant: GrantEntity, event: 'revoke' | 'expire', by: GrantBy) {
    const endedAt = new Date();
    await this.lifecycle.move(em, grant, event, by, { endedAt, extension: null });
    await em.update(CredentialEntity, { grantId: grant.id, endedAt: IsNull() }, { endedAt });
  }

  /** Takes the grant's access away at broker and identity provider. Never throws: what failed is tried again. */
  async enforce(id: string): Promise<void> {
    const work = [this.provision.withdraw(id), this.removeClients()];
    for (const outcome of await Promise.allSettled(work)) {
      if (outcome.status === 'rejected') {
        this.log.warn({ grant: id, err: outcome.reason as unknown }, 'Ending is tried again');
      }
    }
  }

  async #look(): Promise<void> {
    await eachAlone(
      [
        async () =>
          eachAlone(await this.#due(), async (id) => {
            if (await this.#expire(id)) await this.enforce(id);
          }),
        async () => eachAlone(await this.#uncovered(), (one) => this.#suspend(one)),
        () => this.removeClients(),
      ],
      (step) => step(),
    );
  }

  /** Whether it has ended: who was waited for may have been prolonging it. */
  async #expire(id: string): Promise<boolean> {
    return this.store.transaction(async (em) => {
      const { grant } = await lockGrant(em, id);
      if (grant.endedAt === null && grant.endsAt > new Date()) return false;
      if (grant.endedAt === null) await this.end(em, grant, 'expire', BY_ITSELF);
      return true;
    });
  }

  /** Suspended and not ended: under an agreement that holds again it may be renewed. */
  async #suspend({ id, agreement }: { id: string; agreement: string }): Promise<void> {
    const reason = `The joint-controller agreement “${agreement}” no longer holds for the organisation.`;
    await this.store.transaction(async (em) => {
      const { grant } = await lockGrant(em, id);
      if (grantMoveOf(grant.state, 'suspend') === null) return;
      await this.lifecycle.move(em, grant, 'suspend', { ...BY_ITSELF, reason });
    });
    await this.enforce(id);
  }

  /** Grants that may be read under a joint-controller agreement which was ended, ran out, or names the organisation no more. */
  #uncovered(): Promise<{ id: string; agreement: string }[]> {
    return this.store.reader.query(
      `SELECT g.id, g.terms->>'jointControllers' AS agreement FROM access_grant g
        WHERE g.state IN ('approved', 'active') AND g.terms->>'jointControllers' IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM motion m
            WHERE m.kind = 'agreement' AND m.subject = g.terms->>'jointControllers' AND m.state = 'approved'
              AND (m.ends_at IS NULL OR m.ends_at > now())
              AND m.content->'organisations' ? g.organisation)`,
    );
  }

  async #due(): Promise<string[]> {
    const rows = await this.store.reader.find(GrantEntity, {
      select: { id: true },
      where: {
        endsAt: LessThanOrEqual(new Date()),
        state: In(['requested', ...LIVE_STATES]),
      },
    });
    return rows.map(({ id }) => id);
  }

  /** Removes every ended client that the identity provider still knows. Throws MESH-3019; the rest is tried again. */
  async removeClients(): Promise<void> {
    const ended = await this.store.reader.findBy(CredentialEntity, {
      endedAt: Not(IsNull()),
      removedAt: IsNull(),
    });
    await eachAlone(ended, async ({ clientId }) => {
      await this.identity.remove(clientId);
      const removedAt = new Date();
      await this.store.reader.update(CredentialEntity, { clientId }, { removedAt });
    });
  }
}
