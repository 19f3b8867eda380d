import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { holds } from '../authority/authority.js';
import type { Author, Person } from '../authority/authority.js';
import { newId } from '../database/ids.js';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import { pageOf, positionOf } from '../http/page.js';
import { Ledger } from '../ledger/ledger.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { CoverEntity } from './cover.entity.js';
import { withCovers } from './rules.js';
import { showCover } from './shapes.js';
import type { CoverBody, CoverQuery } from './shapes.js';

const DAY_MS = 86_400_000;

/** Cover for people who decide, while they are away. */
@Injectable()
export class Covers {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;
  readonly #longestDays: number;

  constructor(store: Store, ledger: Ledger, outbox: Outbox, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#ledger = ledger;
    this.#outbox = outbox;
    this.#longestDays = settings.longestCoverDays;
  }

  /**
   * The caller has somebody else decide in a role they hold themselves, until the end of a day.
   * Throws MESH-3070 (not their role, or themselves) and MESH-3071 (no such period).
   */
  async give(caller: Caller, given: CoverBody) {
    if (!holds(caller, given.role) || given.deputy === caller.sub) {
      throw problem(governanceErrors.notYourRole);
    }
    const period = periodOf(given, new Date(), this.#longestDays);
    if (!period) {
      throw problem(governanceErrors.coverPeriod, `At most ${this.#longestDays} days`);
    }
    const cover = {
      id: newId(),
      role: given.role,
      holder: caller.sub,
      holderTeam: caller.team,
      holderRoles: caller.roles,
      deputy: given.deputy,
      reason: given.reason,
      ...period,
      endedAt: null,
      createdAt: new Date(),
    };
    await this.#store.transaction(async (em) => {
      await em.insert(CoverEntity, cover);
      await this.#note(em, caller, cover, 'cover.given');
    });
    return showCover(cover);
  }

  /** Ends a cover now: its holder, its deputy or an administrator. Throws MESH-3072. */
  async end(caller: Caller, id: string) {
    return this.#store.transaction(async (em) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const cover = await em.findOne(CoverEntity, { where: { id }, lock });
      const concerned =
        cover !== null &&
        ([cover.holder, cover.deputy].includes(caller.sub) ||
          caller.roles.includes('administrator'));
      if (!concerned) throw problem(governanceErrors.coverNotFound);
      if (cover.endedAt === null && cover.untilAt > new Date()) {
        cover.endedAt = new Date();
        await em.save(cover);
        await this.#note(em, caller, cover, 'cover.ended');
      }
      return showCover(cover);
    });
  }

  /** One page of covers, newest first: who decides for whom is open to everybody who is signed in. */
  async list({ role, limit, cursor }: CoverQuery) {
    const position = positionOf(cursor, 'time', 'text');
    const rows = await this.#store.reader
      .createQueryBuilder(CoverEntity, 'c')
      .where(role ? 'c.role = :role' : 'true', { role })
      .andWhere(position ? '(c.created_at, c.id) < (:at::timestamptz, :id)' : 'true', {
        at: position?.[0],
        id: position?.[1],
      })
      .orderBy('c.created_at', 'DESC')
      .addOrderBy('c.id', 'DESC')
      .take(limit + 1)
      .getMany();
    return pageOf(rows, limit, (row) => [row.createdAt.toISOString(), row.id], showCover);
  }

  /** The caller with the roles they cover now, for deciding on what `authors` made. */
  async standingInFor(em: EntityManager, caller: Person, authors: readonly Author[]) {
    return (await this.coversOf(em, caller))(authors);
  }

  /** As `standingInFor`, for many things to decide: the covers are read once. */
  async coversOf(em: EntityManager, caller: Person): Promise<StandingIn> {
    const at = new Date();
    const covers = await em.findBy(CoverEntity, { deputy: caller.sub, untilAt: MoreThan(at) });
    return (authors) => withCovers(caller, covers, authors, at);
  }

  /** The caller with every role they cover now; whether that is worth anything depends on what is decided. */
  standingIn(caller: Person): Promise<Person> {
    return this.standingInFor(this.#store.reader, caller, []);
  }

  async #note(em: EntityManager, caller: Caller, cover: CoverEntity, action: CoverAction) {
    const { id, role, holder, deputy, reason, fromAt, untilAt } = cover;
    const data = { role, holder, deputy, from: fromAt.toISOString(), until: untilAt.toISOString() };
    const by = { actor: caller.sub, role, action, object: `cover:${id}` };
    await this.#ledger.record(em, { ...by, detail: { ...data, reason } });
    await this.#outbox.tell(em, { type: action, subject: `cover:${id}`, data });
  }
}

/** The person with the roles they cover, for deciding on what these authors made. */
export type StandingIn = (authors: readonly Author[]) => Person;

type CoverAction = 'cover.given' | 'cover.ended';

/** From the start of its first day, or now, to the end of its last (UTC); null if that is no period, or too long a one. */
function periodOf({ from, until }: CoverBody, now: Date, longestDays: number) {
  const fromAt = from ? new Date(`${from}T00:00:00Z`) : now;
  const untilAt = new Date(Date.parse(`${until}T00:00:00Z`) + DAY_MS);
  const days = (untilAt.getTime() - fromAt.getTime()) / DAY_MS;
  return untilAt > now && days > 0 && days <= longestDays + 1 ? { fromAt, untilAt } : null;
}
