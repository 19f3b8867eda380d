import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { createLogger, openDatabase, Sensitive } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { Seal } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { Cohort } from '../choices/cohort.js';
import { Lists } from '../choices/lists.js';
import { nhsNumberOf, numberOf } from '../choices/people.js';
import { migrations } from '../disclosure.module.js';
import type { ProductReceived } from '../disclose/product-record.js';
import { Exchange } from './exchange.js';
import { MeshMailbox } from './mesh-mailbox.js';
import { Requests } from './requests.js';

const run = promisify(execFile);
/** Pinned: the NHS's own sandbox of the exchange, and its own client as the counterpart. The folder's name holds both. */
const RELEASES = ['mesh-sandbox==1.0.137', 'mesh-client==5.0.2'];
const VENV = resolve(
  import.meta.dirname,
  '../../../../tmp',
  RELEASES.join('-').replaceAll('==', '-'),
);
const python = (name: string) => join(VENV, 'bin', name);
const SHARED_KEY = 'a shared key of this spec';
const EDITION = 'gp.medication-statement.secondary.v1';
const numbers = [900_000_001, 900_000_002, 900_000_003, 900_000_004].map(nhsNumberOf);

async function install(): Promise<void> {
  try {
    await access(python('mesh-installed'));
  } catch {
    await mkdir(VENV, { recursive: true });
    await run('python3', ['-m', 'venv', VENV]);
    await run(python('pip'), ['install', '--quiet', '--disable-pip-version-check', ...RELEASES]);
    await writeFile(python('mesh-installed'), '');
  }
}

let place: TestDatabase;
let database: Database;
let exchange: Exchange;
let lists: Lists;
let url: string;
const children: ChildProcess[] = [];
const optedOut = join(VENV, 'opted-out.txt');

function account(password = 'password') {
  return new MeshMailbox({
    ...{ url, mailbox: 'X26ABC1', checkMailbox: 'X26ABC2', workflow: 'SPINE_NTT_UPHOLDING' },
    password: new Sensitive(password),
    sharedKey: new Sensitive(SHARED_KEY),
  });
}

function startCheckService(): void {
  const script = join(import.meta.dirname, 'check_service.py');
  const args = [script, url, 'X26ABC2', 'password', SHARED_KEY, optedOut];
  children.push(spawn(python('python'), args, { stdio: 'ignore' }));
}

beforeAll(async () => {
  await install();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const env = { PATH: process.env['PATH'], AUTH_MODE: 'full', STORE_MODE: 'memory', SHARED_KEY };
  const args = ['-m', 'uvicorn', 'mesh_sandbox.api:app', '--port', String(port)];
  children.push(spawn(python('python'), args, { env, stdio: 'ignore' }));
  await vi.waitUntil(
    () =>
      fetch(`${url}/health`).then(
        (a) => a.ok,
        () => false,
      ),
    {
      ...{ timeout: 30_000, interval: 100 },
    },
  );
  await writeFile(optedOut, `${numbers[1]}\n`);
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations });
  const { pool } = database;
  const seal = new Seal(Buffer.alloc(32, 9));
  const cohort = new Cohort(seal);
  lists = new Lists({ pool, seal, maxAgeMs: 60_000 });
  exchange = new Exchange({
    ...{ pool, cohort, lists, requests: new Requests(seal), mailboxes: () => account() },
    pace: { refreshMs: 60_000, againMs: 0, answerMs: 60_000 },
    log: createLogger('spec', 'silent'),
  });
  await pool.query(`INSERT INTO edition (topic) VALUES ($1)`, [EDITION]);
  await pool.query(
    `INSERT INTO view (topic, edition, grant_id, product, major, organisation, purpose, schema_id, active, key_opt_out)
     VALUES ('share.grantone.gp.medication-statement.v1', $1, 'grantone', 'gp.medication-statement', 1, 'QUY', 'research', 1, true, 'applies')`,
    [EDITION],
  );
  await pool.query(`INSERT INTO view_terms (view_id, opt_out) SELECT id, true FROM view`);
  await pool.query(`INSERT INTO check_list (organisation) VALUES ('QUY')`);
  const records = numbers.map((nhsNumber, n) => ({
    key: { person: `person${n}` },
    value: { nhsNumber },
  }));
  await cohort.note(pool, EDITION, records as unknown as ProductReceived[]);
}, 170_000);

afterAll(async () => {
  for (const child of children) child.kill();
  await database.close();
  await place.drop();
});

describe('an exchange with the NHS’s own sandbox and client', () => {
  test('asks with a request file, and puts the cleaned list of the answer in force', async () => {
    await exchange.look();
    const { rows } = await database.pool.query<{ request: string }>(
      `SELECT request FROM check_list`,
    );
    expect(rows[0]!.request).toMatch(/^X26ABC1-\d{6}-0001$/);
    // Only now: a service that looks just after the request was sent answers it within the same look.
    startCheckService();
    await vi.waitUntil(
      async () => {
        await exchange.look();
        return (await lists.inForce(database.pool, ['QUY'])).get('QUY') !== null;
      },
      { timeout: 20_000, interval: 100 },
    );
    const people = (await lists.inForce(database.pool, ['QUY'])).get('QUY')!;
    const listed = numbers.filter((number) => people.listed.has(numberOf(number)));
    expect(listed).toEqual([numbers[0], numbers[2], numbers[3]]);
    expect(await account().waiting()).toEqual([]);
  });

  test('a message of another mailbox is told from an answer, and is not read', async () => {
    const other = new MeshMailbox({
      ...{ url, mailbox: 'X26ABC3', checkMailbox: 'X26ABC1', workflow: 'LETTERS' },
      ...{ password: new Sensitive('password'), sharedKey: new Sensitive(SHARED_KEY) },
    });
    await other.send('discharge-letter', Buffer.from(`${numbers[0]},\n`));
    const ids = await account().waiting();
    expect(ids).toHaveLength(1);
    expect(await account().fetch(ids[0]!)).toMatchObject({
      ...{ localId: 'discharge-letter', foreign: true, bytes: Buffer.alloc(0) },
    });
    expect(await account().waiting()).toEqual(ids);
  });

  test('an account that is wrong is told with its code, and throws nothing away', async () => {
    await expect(account('wrong').waiting()).rejects.toMatchObject({
      ...{ code: 'MESH-4402', retriable: true },
    });
    expect((await lists.inForce(database.pool, ['QUY'])).get('QUY')).not.toBeNull();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
