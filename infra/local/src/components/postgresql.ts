import { execFile } from 'node:child_process';
import { chownSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeHome, type Home } from '../home/paths.js';
import { secretOf } from '../home/secrets.js';
import type { Component } from '../supervisor/component.js';
import { MARKER } from '../supervisor/processes.js';
import { accepts, answersAsPostgresql } from './answers.js';
import { provisionDatabases } from './databases.js';
import type { Database } from './databases.js';
import { outsideDataOf, placePostgresql, settleIn, type Place } from './postgresql-place.js';

const run = promisify(execFile);

/** The role that owns the server. Services never use it: each has its own database and role. */
const DATABASE_ADMIN = 'caremesh';

/**
 * Megabytes of a segment of the log; PostgreSQL's own is 16. Until the first checkpoint each is new: beside 200 views one of 16
 * was needed every 3 s, and whoever committed meanwhile waited 60 to 120 ms. A data folder keeps the size it was made with.
 */
const SEGMENT_MB = '4';

/** Settings that are not PostgreSQL's own defaults. Durability is left as it is: fsync on. */
export function postgresqlSettings(port: number): Record<string, string> {
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // No Unix socket: one way in, with a password.
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    max_connections: '200',
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    // Segments of the log that are no longer needed are kept and used again, up to half a minute's of a busy mesh: a new one
    // is zeros, written and confirmed while everybody who commits waits.
    min_wal_size: '512MB',
    // A statement's error often quotes the value it failed on ("invalid input syntax ... "), and so a person's
    // details. Whoever sent the statement has the error; the server's log keeps what concerns the server.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
    log_error_verbosity: 'terse',
  };
}

/** The embedded database server, with a database and a role for each of `databases`. */
export function postgresql(
  home: Home,
  port: number,
  databases: readonly Database[],
  environment: NodeJS.ProcessEnv,
): Component {
  const place = placePostgresql(home);
  const settings = postgresqlSettings(port);
  return {
    name: 'postgresql',
    after: [],
    ports: [port],
    stopSignal: 'SIGINT',
    prepare: () => initialise(home, place, environment),
    launch: () => ({
      file: join(place.programs, 'bin', 'postgres'),
      args: [
        '-D',
        place.data,
        ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
      ],
      env: { ...environment, ...libraries(place) },
      cwd: place.data,
      ...identity(place),
    }),
    probe: () => accepts(adminUrl(home, port)),
    alive: () => answersAsPostgresql(port),
    settle: () =>
      provisionDatabases(adminUrl(home, port), databases, (name) => secretOf(home, `db-${name}`)),
  };
}

/** Address of the server for its owner; only the stack itself uses it. */
export function adminUrl(home: Home, port: number): string {
  const password = encodeURIComponent(secretOf(home, 'postgresql'));
  return `postgresql://${DATABASE_ADMIN}:${password}@127.0.0.1:${port}/postgres`;
}

/**
 * Makes the data folder at first start: scram for every connection, checksums on every page. The file with the first password
 * lies beside it for as long as that takes: where one is found, a start was cut short and what it made is no database, although
 * it looks like one from the first moment (`PG_VERSION`).
 */
async function initialise(home: Home, place: Place, environment: NodeJS.ProcessEnv): Promise<void> {
  makeHome(home);
  settleIn(place);
  const passwordFile = passwordFileOf(place.data);
  if (existsSync(passwordFile)) emptyFolder(place.data);
  if (existsSync(join(place.data, 'PG_VERSION'))) return;
  writeFileSync(passwordFile, secretOf(home, 'postgresql'), { mode: 0o600 });
  if (place.account) chownSync(passwordFile, place.account.uid, place.account.gid);
  try {
    const args = [
      ['--pgdata', place.data],
      ['--username', DATABASE_ADMIN],
      ['--pwfile', passwordFile],
      ['--auth', 'scram-sha-256'],
      ['--encoding', 'UTF8'],
      ['--locale', 'C'],
      ['--data-checksums'],
      ['--wal-segsize', SEGMENT_MB],
    ].flat();
    await run(join(place.programs, 'bin', 'initdb'), args, {
      ...identity(place),
      cwd: '/',
      // Marked like every process of the mesh: should we be killed meanwhile, the next start ends it first.
      env: { PATH: process.env['PATH'], [MARKER]: environment[MARKER], ...libraries(place) },
    });
  } catch (error) {
    emptyFolder(place.data);
    throw error;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

const passwordFileOf = (data: string): string => `${data}.initdb`;

/** What is in it, not itself: it may be where another disk is mounted. */
function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

function identity(place: Place): { uid?: number; gid?: number } {
  return place.account ? { uid: place.account.uid, gid: place.account.gid } : {};
}

function libraries(place: Place): NodeJS.ProcessEnv {
  return { LD_LIBRARY_PATH: join(place.programs, 'lib') };
}

/** Removes data kept outside MESH_HOME (see placePostgresql); what lies inside goes with the home. */
export function removeOutsideData(home: Home): void {
  for (const data of outsideDataOf(home.root)) {
    for (const path of [data, passwordFileOf(data)]) rmSync(path, { recursive: true, force: true });
  }
}
