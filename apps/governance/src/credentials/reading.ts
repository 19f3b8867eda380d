import { names } from '@caremesh/contract';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { Access } from '../broker/access.js';
import { grantRules } from '../broker/access-rules.js';
import { grantQuota } from '../broker/quota-plan.js';
import { WaitingFetches } from '../broker/waiting-fetches.js';
import { Store } from '../database/store.js';
import { GrantEntity } from '../grants/grant.entity.js';
import { LOGGER, SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { CredentialEntity } from './credential.entity.js';

/**
 * What a grant's principal may read, as its credentials come and go: with the last one its rules go, so that a consumer
 * it left open is refused at the next fetch; with the next one they stand again. The reconciler looks after both.
 */
@Injectable()
export class CredentialReading {
  readonly #store: Store;
  readonly #access: Access;
  readonly #waiting: WaitingFetches;
  readonly #settings: Settings;
  readonly #log: Logger;

  constructor(
    store: Store,
    access: Access,
    waiting: WaitingFetches,
    @Inject(SETTINGS) settings: Settings,
    @Inject(LOGGER) log: Logger,
  ) {
    this.#store = store;
    this.#access = access;
    this.#waiting = waiting;
    this.#settings = settings;
    this.#log = log;
  }

  /** Never throws: what the broker could not do the reconciler does. */
  async begin(grantId: string): Promise<void> {
    const grant = await this.#store.reader.findOneByOrFail(GrantEntity, { id: grantId });
    if (grant.state !== 'active') return;
    const rows = await this.#store.reader.query<{ topic: string }[]>(
      `SELECT p.topic FROM grant_product p
         JOIN product_major m ON m.product = p.product AND m.major = p.major
        WHERE p.grant_id = $1 AND m.status <> 'retired'`,
      [grantId],
    );
    const topics = rows.map(({ topic }) => topic);
    const principal = names.grantPrincipal(grantId);
    const quota = grant.quota ?? grantQuota(this.#settings);
    const standing = this.#waiting
      .spare(principal, quota)
      .then(() => this.#access.permit(grantRules(grantId, topics)));
    await this.#try(grantId, standing);
    // Who took its access away meanwhile found no rules yet.
    const { state } = await this.#store.reader.findOneByOrFail(GrantEntity, { id: grantId });
    if (state === 'active') return;
    this.#waiting.cut(principal);
    await this.#try(grantId, this.#access.withdrawAll(principal));
  }

  /** A service that reads under its own principal reads on. Never throws. */
  async endIfLast(grantId: string): Promise<void> {
    const { consumer } = await this.#store.reader.findOneByOrFail(GrantEntity, { id: grantId });
    const live = { grantId, endedAt: IsNull() };
    if (consumer !== null || (await this.#store.reader.existsBy(CredentialEntity, live))) return;
    const principal = names.grantPrincipal(grantId);
    await this.#try(grantId, this.#access.withdrawAll(principal));
    this.#waiting.cut(principal);
  }

  async #try(grant: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (err) {
      this.#log.warn({ grant, err }, 'Rules of the grant are left to the reconciler');
    }
  }
}
