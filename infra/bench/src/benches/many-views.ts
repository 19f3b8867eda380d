import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { line, type Result } from '../measure/report.js';
import { percentile } from '../measure/rounds.js';
import type { Rig } from '../mesh/rig.js';
import { intakeLatencies } from './http-latency.js';

const PRODUCT = 'gp.medication-statement';
const EDITION = `${PRODUCT}.secondary.v1`;
const VIEWS = 200;
const PER_SECOND = 50;
const SECONDS = 30;
/** Before each of the two, as for the latency of a record: what has just begun is compiled as it is first used, for a second at a time. */
const WARM_UP_SECONDS = 60;
const WITHIN_MS = 5_000;
const LOOK_MS = 250;
/** Two of three grants a second are carried out: topics, schemas and rules of each, one after the other. */
const STANDING_MS = 900_000;

/**
 * Two hundred views of one product that is published at 50 records a second: how far the last of them is behind, and what
 * the publisher's own consumers notice of it.
 */
export async function manyViews(rig: Rig): Promise<Result[]> {
  const database = await openedDatabase(rig);
  try {
    const before = await watching(rig, []);
    const one = await latencies(rig, 'one');
    await before.stop();
    const views = await granted(rig, database);
    const lag = await watching(rig, views);
    const many = await latencies(rig, 'many');
    const worst = await lag.stop();
    const [alone, after] = [percentile(one, 0.99), percentile(many, 0.99)];
    return [
      line(
        `${VIEWS} views at ${PER_SECOND}/s: the furthest behind`,
        `${(worst / 1_000).toFixed(1)} s`,
        `${WITHIN_MS / 1_000} s`,
        worst <= WITHIN_MS,
      ),
      line(
        `… the publisher's intake-to-visible p99 (${alone.toFixed(1)} ms with one view)`,
        `${(after / alone).toFixed(2)} x`,
        '1.5 x',
        after <= 1.5 * alone,
      ),
    ];
  } finally {
    await database.query(`UPDATE access_grant SET state = 'revoked' WHERE reason = 'bench views'`);
    await database.end();
  }
}

async function latencies(rig: Rig, what: string): Promise<number[]> {
  const seed = `views-${what}-${process.pid}`;
  await intakeLatencies(rig, `${seed}-warm`, WARM_UP_SECONDS, PER_SECOND);
  return intakeLatencies(rig, seed, SECONDS, PER_SECOND);
}

async function openedDatabase({ mesh }: Rig): Promise<pg.Client> {
  const url = new URL(mesh.databaseUrl);
  url.pathname = '/mesh_governance';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return client;
}

/** Grants as if every step had been approved; governance carries them out as it does any. Resolves with their topics, filled. */
async function granted(rig: Rig, database: pg.Client): Promise<string[]> {
  await database.query(
    `INSERT INTO access_grant (id, state, kind, purpose, legal_basis, organisation, reason, requested_by, from_text,
       until_text, starts_at, ends_at, steps, created_at)
     SELECT 'benchview' || lpad(n::text, 4, 'a'), 'approved', 'view', 'research',
       '{"article6": "6(1)(e)", "article9": "9(2)(j)", "commonLaw": "consent"}', 'QR1', 'bench views', 'user-analyst-2',
       '2026-01-01', '2030-01-01', '2026-01-01', '2030-01-01', '[]', now() FROM generate_series(1, $1) n`,
    [VIEWS],
  );
  await database.query(
    `INSERT INTO grant_product (grant_id, product, major, fields, topic)
     SELECT id, $1, 1, '{medicationCode,status}', 'share.' || id || '.' || $1 || '.v1'
     FROM access_grant WHERE reason = 'bench views'`,
    [PRODUCT],
  );
  const topics = await until(STANDING_MS, 'not every grant is active', async () => {
    const { rows } = await database.query<{ topic: string }>(
      `SELECT p.topic FROM access_grant g JOIN grant_product p ON p.grant_id = g.id
       WHERE g.reason = 'bench views' AND g.state = 'active'`,
    );
    return rows.length === VIEWS ? rows.map(({ topic }) => topic) : null;
  });
  // A view without its earlier records is behind by them, and not by what is published now.
  const disclosure = rig.mesh.status.components.find(({ name }) => name === 'disclosure');
  await until(STANDING_MS, 'not every view is filled', async () => {
    // A token of its own for each look: one lasts five minutes, and a long edition fills for longer.
    const token = await rig.mesh.token('governance-lead');
    const answer = await fetch(`http://127.0.0.1:${disclosure?.port}/v1/views`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { items } = (await answer.json()) as { items: { topic: string; state: string }[] };
    const following = items.filter(
      ({ topic, state }) => /benchview/.test(topic) && state === 'following',
    );
    return following.length === VIEWS ? following : null;
  });
  return topics;
}

/**
 * Watches how long each view lacks what the edition has. A view is behind since the edition first had more than it. All are
 * looked at in one request, four times a second: a look at each by itself would keep the broker busier than the views do.
 */
async function watching(rig: Rig, topics: readonly string[]) {
  const all = [EDITION, ...topics];
  const sizes = () => rig.topics.sizes(all);
  const start = await sizes();
  const published: { at: number; count: number }[] = [];
  let running = true;
  let worst = 0;
  let last: number[] = [];
  let before = performance.now();
  const looking = (async () => {
    while (running) {
      const at = performance.now();
      const found = (await sizes()).map((size, i) => size - start[i]!);
      // It may have had them since just after the look before: told as longer rather than shorter.
      published.push({ count: found[0]!, at: before });
      before = at;
      for (const has of found.slice(1)) {
        const since = published.find(({ count }) => count > has)?.at;
        worst = Math.max(worst, since === undefined ? 0 : performance.now() - since);
      }
      last = found;
      await sleep(LOOK_MS);
    }
  })();
  return {
    async stop(): Promise<number> {
      // Until the last view has all of it, or nothing can be said of how far it is behind.
      await until(STANDING_MS, 'a view never had every record', async () => {
        await sleep(2 * LOOK_MS);
        return last.slice(1).every((has) => has >= last[0]!) ? true : null;
      });
      running = false;
      await looking;
      return worst;
    },
  };
}

async function until<T>(withinMs: number, what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(what);
    await sleep(500);
  }
}
