import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { StandInMailbox } from '../check-service/stand-in.js';
import type { GrantedView } from '../grants/governance.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { governanceStandIn } from '../spec/governance-stand-in.js';
import { filesOf } from '../spec/publisher.js';
import type { Person } from '../spec/publisher.js';
import { nhsNumberOf } from './people.js';

const MAJOR = 12;
const PEOPLE = 250;
const TOTAL = 8_000;
const LOCK = 920;
const PATIENT = { timeout: 60_000, interval: 5 };
const home = mkdtempSync(join(tmpdir(), 'caremesh-taken-over-'));
const mailbox = new StandInMailbox(join(home, 'opted-out.txt'));
let rig: Rig;
let view: GrantedView;
let governance: Awaited<ReturnType<typeof governanceStandIn>>;
const children: ChildProcess[] = [];

const people = Array.from({ length: 4 * PEOPLE }, (_, n) => nhsNumberOf(920_000_000 + n))
  .filter((digits) => digits.length === 10)
  .slice(0, PEOPLE)
  .map((nhsNumber, n): Person => ({ nhsNumber, localId: `T${n}`, postcode: 'LS1 4AB' }));

beforeAll(async () => {
  build(['contract', 'platform', 'product', 'disclosure'].map((name) => `@caremesh/${name}`));
  writeFileSync(join(home, 'service.key'), Buffer.alloc(32, 5));
  const pace = { refreshMs: 3_600_000, againMs: 0, answerMs: 60_000 };
  rig = await disclosureRig(() => mailbox, { pace }, MAJOR);
  const schemaId = Object.values(rig.ids)[0]!;
  const version = (product: string) => ({ files: filesOf(product), schemaId });
  governance = await governanceStandIn(rig.granted, version, () => [schemaId], MAJOR);
  view = await rig.grant('takenover');
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  governance?.close();
  await rig?.close();
  rmSync(home, { recursive: true });
});

/** Another instance of the service, as a process of its own. It asks no check service: the list is exchanged by this one. */
function anotherInstance(): ChildProcess {
  const { stack } = rig;
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/main.js')], {
    stdio: 'ignore',
    env: {
      ...{ PATH: process.env['PATH'], MESH_MODE: 'test', MESH_HOME: home, MESH_PORT: '0' },
      ...{ MESH_SERVICE: 'disclosure', MESH_DATABASE_URL: rig.databaseUrl },
      ...{ MESH_KAFKA_BROKERS: stack.kafkaBrokers.join(','), MESH_REGISTRY_URL: stack.registryUrl },
      ...{ MESH_OIDC_ISSUER: stack.issuer, MESH_GOVERNANCE_URL: governance.url },
      MESH_CLIENT_ID: 'svc-disclosure',
      MESH_CLIENT_SECRET_FILE: join(stack.home, 'secrets', 'svc-disclosure'),
      MESH_KEY_FILE: join(home, 'service.key'),
      MESH_SCHEMAS_DIR: join(import.meta.dirname, '../../../../schemas'),
      ...{ MESH_CHECK_EVERY_MS: '3600000', MESH_GRANTS_EVERY_MS: '200' },
    },
  });
  children.push(child);
  return child;
}

/**
 * From here on, whoever has half of the view waits before it may commit more: it is in the middle of filling for as long as it takes
 * to see that it is. A filling is too fast for a look now and then to be sure to find it there.
 */
async function heldInTheMiddle() {
  await rig.pool.query(`
    CREATE FUNCTION wait_in_the_middle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF (SELECT count(*) FROM view_record) >= ${TOTAL / 2} THEN PERFORM pg_advisory_xact_lock_shared(${LOCK}); END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER wait_in_the_middle AFTER INSERT ON view_record EXECUTE FUNCTION wait_in_the_middle()`);
  const holder = new pg.Client({ connectionString: rig.databaseUrl });
  await holder.connect();
  await holder.query(`SELECT pg_advisory_lock(${LOCK})`);
  return {
    waits: async () => {
      const { rowCount } = await holder.query(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${LOCK} AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return rowCount! > 0;
    },
    /** What waited for the one that is dead comes to nothing. */
    release: async () => {
      await holder.end();
      await rig.pool.query(`DROP FUNCTION wait_in_the_middle CASCADE`);
    },
  };
}

async function taken(): Promise<number> {
  const { rows } = await rig.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM view_record JOIN view ON id = view_id WHERE topic = $1`,
    [view.topic],
  );
  return rows[0]!.n;
}

describe('an instance that dies inside a filling', () => {
  test('is taken over from: every record is in the view, none twice, in each person’s order', async () => {
    for (let from = 0; from < TOTAL; from += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, n) => from + n);
      await rig.publish(...some.map((n) => [n, people[n % PEOPLE]!] as [number, Person]));
    }
    const behind = `SELECT coalesce(sum(next_offset), 0)::int AS n FROM edition_progress JOIN view ON edition = edition_progress.topic
       WHERE view.topic = $1`;
    const read = async () => (await rig.pool.query<{ n: number }>(behind, [view.topic])).rows[0]!.n;
    await vi.waitUntil(async () => (await read()) >= TOTAL, { timeout: 60_000, interval: 100 });
    expect(await taken()).toBe(0);
    // The list comes; what it lets through is first filled by the other instance alone.
    await rig.parts.exchange.look();
    await rig.parts.exchange.look();
    const middle = await heldInTheMiddle();
    const filler = anotherInstance();
    await vi.waitUntil(() => middle.waits(), PATIENT);
    const ended = once(filler, 'exit');
    filler.kill('SIGKILL');
    await ended;
    await middle.release();
    const left = await taken();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(TOTAL);

    const done = async () => {
      await rig.look();
      return (await taken()) === TOTAL;
    };
    await vi.waitUntil(done, { timeout: 120_000, interval: 200 });
    const records = await rig.read(view, TOTAL);
    expect(records).toHaveLength(TOTAL);
    expect(new Set(records.map(({ headers }) => headers['ce_id'])).size).toBe(TOTAL);
    const sequences = new Map<string, number[]>();
    for (const { key, headers } of records) {
      const who = key.split('.')[0]!;
      sequences.set(who, [...(sequences.get(who) ?? []), Number(headers['ce_sequence'])]);
    }
    expect(sequences.size).toBe(PEOPLE);
    for (const numbers of sequences.values())
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test('leaves no filling behind: it ends, and no other begins', async () => {
    const standing = async () => {
      await rig.look();
      const { rows } = await rig.pool.query(
        `SELECT generation, (SELECT bool_and(done) FROM view_backfill WHERE view_id = view.id) AS done
         FROM view WHERE topic = $1`,
        [view.topic],
      );
      return rows[0] as { generation: number; done: boolean };
    };
    await vi.waitUntil(async () => (await standing()).done, { timeout: 60_000, interval: 200 });
    const ended = await standing();
    for (let look = 0; look < 3; look++) expect(await standing()).toEqual(ended);
  });
});
