import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Store } from '../../database/store.js';
import { Outbox } from '../../events/outbox.js';
import type { GovernanceEventType } from '../../events/outbox.js';
import { GrantEntity, GrantToldEntity } from '../grant.entity.js';
import { LIVE_STATES, isOneOf } from '../lifecycle.js';
import { GrantLifecycle } from '../lifecycle.service.js';
import { LOGGER, SETTINGS } from '../../settings.js';
import type { Settings } from '../../settings.js';
import { WAYS } from './ways.js';
import { endingNotice, reviewNotice, unusedNotice, versionNotice } from './words.js';
import type { NewVersion, Notice } from './words.js';

const BY_ITSELF = { actor: 'svc-governance', role: 'clock' };
const DAY_MS = 86_400_000;

type Due = { id: string; notice: Notice };
/**
 * Tells a grant's people once each: that its end or its review comes, that it reads nothing, and what is new in a
 * version of its product. On the timeline, on the ledger, and as an event. Two instances tell it once between them.
 */
@Injectable()
export class GrantNotices implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #work: Repeated;

  constructor(
    private readonly store: Store,
    private readonly lifecycle: GrantLifecycle,
    private readonly outbox: Outbox,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) log: Logger,
  ) {
    const { grantNoticesEveryMs: everyMs } = settings;
    const run = () => this.look(new Date());
    this.#work = new Repeated({ name: 'grant notices', everyMs, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  /** One look, as of `now`. */
  async look(now: Date): Promise<void> {
    const em = this.store.reader;
    const due = [
      ...(await this.#ending(em, now)),
      ...(await this.#reviews(em, now)),
      ...(await this.#unused(em, now)),
      ...(await this.#versions(em)),
    ];
    for (const one of due) await this.#tell(one, now);
  }

  async #tell({ id, notice }: Due, now: Date): Promise<void> {
    await this.store.transaction(async (em) => {
      const told = await em
        .createQueryBuilder()
        .insert()
        .into(GrantToldEntity)
        .values({ grantId: id, key: notice.key, at: now })
        .orIgnore()
        .returning('key')
        .execute();
      if ((told.raw as unknown[]).length === 0) return;
      const grant = await em.findOneByOrFail(GrantEntity, { id });
      const { key: _, type, sentence, data } = notice;
      await this.lifecycle.note(em, grant, type, { ...BY_ITSELF, reason: sentence, detail: data });
      await this.outbox.tell(em, {
        type: type satisfies GovernanceEventType,
        subject: `grant:${id}`,
        data: { ...data, sentence, organisation: grant.organisation },
      });
    });
  }

  // Only reminders shorter than the grant: one of a week is not told a month before its end.
  async #ending(em: EntityManager, now: Date): Promise<Due[]> {
    const days = this.settings.grantReminderDays.split(',').map(Number);
    const rows = await em.query<{ id: string; endsAt: Date; days: number }[]>(
      `SELECT g.id, g.ends_at AS "endsAt", min(d.days)::int AS days
         FROM access_grant g CROSS JOIN unnest($2::int[]) AS d(days)
        WHERE ${isOneOf('g.state', LIVE_STATES)} AND g.ends_at > $1 AND g.break_glass IS NULL
          AND g.ends_at <= $1::timestamptz + d.days * interval '1 day'
          AND g.starts_at < g.ends_at - d.days * interval '1 day'
        GROUP BY g.id, g.ends_at
       HAVING NOT EXISTS (SELECT 1 FROM grant_told t WHERE t.grant_id = g.id
         AND t.key = 'ending:' || to_char(g.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ':' || min(d.days))`,
      [now, days],
    );
    return rows.map(({ id, ...row }) => ({ id, notice: endingNotice(row) }));
  }

  /** Reviews that are due: a grant's on its day, an emergency's when it is over, and once a day from its last day on. */
  async #reviews(em: EntityManager, now: Date): Promise<Due[]> {
    const today = now.toISOString().slice(0, 10);
    const rows = await em.query<{ id: string; by: string; emergency: boolean }[]>(
      `SELECT id, terms->>'reviewOn' AS "by", false AS emergency FROM access_grant
        WHERE ${isOneOf('state', LIVE_STATES)} AND terms->>'reviewOn' <= $1
       UNION ALL
       SELECT id, break_glass->>'reviewBy', true FROM access_grant
        WHERE break_glass->'review' = 'null'::jsonb
          AND (ended_at IS NOT NULL OR (break_glass->>'reviewBy')::timestamptz <= $2)`,
      [today, now],
    );
    const told = await keysOf(
      em,
      rows.map(({ id }) => id),
    );
    return rows
      .map(({ id, by, emergency }) => ({ id, notice: reviewNotice({ by, emergency, now }) }))
      .filter(({ id, notice }) => !told.has(`${id} ${notice.key}`));
  }

  async #unused(em: EntityManager, now: Date): Promise<Due[]> {
    const { unusedAfterDays: days } = this.settings;
    const rows = await em.query<{ id: string }[]>(
      `SELECT g.id FROM access_grant g
        WHERE g.state = 'active' AND g.activated_at <= $1
          AND NOT EXISTS (SELECT 1 FROM ${WAYS} r WHERE r.grant_id = g.id AND r.used_at > $1)
          AND NOT EXISTS (SELECT 1 FROM grant_told t WHERE t.grant_id = g.id AND t.key LIKE 'unused:%' AND t.at > $1)`,
      [new Date(now.getTime() - days * DAY_MS)],
    );
    return rows.map(({ id }) => ({ id, notice: unusedNotice({ days, now }) }));
  }

  /**
   * Versions published since the grant stood, of later majors too; the first after that is the first that is news. A grant of
   * two majors is told of each version once, by what it reads of the later.
   */
  async #versions(em: EntityManager): Promise<Due[]> {
    const rows = await em.query<NewVersion[]>(
      `SELECT DISTINCT ON (v.published_at, g.id, v.id) g.id, g.organisation, g.kind, g.purpose, v.product, p.major, v.version,
              v.published_at AS at, p.fields, v.changes
         FROM access_grant g
         JOIN grant_product p ON p.grant_id = g.id
         JOIN proposal v ON v.product = p.product AND v.major >= p.major
        WHERE ${isOneOf('g.state', LIVE_STATES)} AND v.published_at > g.activated_at
          AND v.state IN ('published', 'deprecated')
          AND NOT EXISTS (SELECT 1 FROM grant_told t
            WHERE t.grant_id = g.id AND t.key = 'version:' || v.product || ':' || v.version)
        ORDER BY v.published_at, g.id, v.id, p.major DESC`,
    );
    return rows.map((row) => ({ id: row.id, notice: versionNotice(row) }));
  }
}

async function keysOf(em: EntityManager, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await em.query<{ id: string; key: string }[]>(
    'SELECT grant_id AS id, key FROM grant_told WHERE grant_id = ANY($1)',
    [ids],
  );
  return new Set(rows.map(({ id, key }) => `${id} ${key}`));
}
