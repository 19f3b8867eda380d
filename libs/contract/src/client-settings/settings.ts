import { duckdb, r } from './tables.js';
import type { GrantedFiles } from './tables.js';
import { nodeByKey, pythonByKey } from './by-key.js';
import type { ClientCredential } from './credential.js';
import { psql } from './sql.js';
import type { SqlCredential } from './sql.js';
import { java, librdkafka, node, python } from './stream.js';

/** What settings can be had for, each as a text that the client takes as it stands. */
const FORMATS = {
  json: (credential: ClientCredential) => JSON.stringify(credential, null, 2),
  python,
  java,
  node,
  librdkafka,
  duckdb,
  r,
} satisfies Record<string, (credential: ClientCredential) => string>;

export type ClientFormat = keyof typeof FORMATS;

export const CLIENT_FORMATS = Object.keys(FORMATS) as [ClientFormat, ...ClientFormat[]];

/** Formats that need no credential: files are fetched first. */
const OF_FILES = { duckdb, r } satisfies Partial<Record<ClientFormat, unknown>>;

type FileFormat = keyof typeof OF_FILES;

/** Whether a format of settings is one for reading files. */
export const isFileFormat = (format: string): format is FileFormat =>
  Object.hasOwn(OF_FILES, format);

/** Lines that read the files of a grant. */
export const fileSettings = (granted: GrantedFiles, format: FileFormat): string =>
  OF_FILES[format](granted);

/** Of a credential with a key: clients that let a program of ours sign. librdkafka and Java sign for another kind of grant alone. */
const BY_KEY: Partial<Record<ClientFormat, (credential: ClientCredential) => string>> = {
  ...OF_FILES,
  json: FORMATS.json,
  python: pythonByKey,
  node: nodeByKey,
};

/** Whether a client that signs with a key can be told so in a format. */
export const canSign = (format: ClientFormat): boolean => format in BY_KEY;

/** Settings as a text; `fillIn` is what stands in it for a secret that was shown once and is known to nobody here. */
export type ReadySettings<Format = ClientFormat> = {
  format: Format;
  text: string;
  fillIn: string | null;
};

/**
 * Settings for one client. A credential with neither key nor secret is one whose secret was shown before: its place is
 * marked. Null for a credential with a key in a format that cannot say so.
 */
export function readySettings(
  credential: ClientCredential,
  format: ClientFormat,
): ReadySettings | null {
  if (credential.keyId !== null && credential.clientSecret === null) {
    const make = BY_KEY[format];
    return make ? { format, text: make(credential), fillIn: null } : null;
  }
  if (credential.clientSecret !== null || isFileFormat(format)) {
    return { format, text: FORMATS[format](credential), fillIn: null };
  }
  const fillIn = '<client-secret>';
  return { format, text: FORMATS[format]({ ...credential, clientSecret: fillIn }), fillIn };
}

/** The same for the environment of libpq; without a password its place is marked. */
export function sqlSettings(
  credential: Omit<SqlCredential, 'password'> & { password: string | null },
): ReadySettings<'psql'> {
  if (credential.password !== null) {
    return {
      format: 'psql',
      text: psql({ ...credential, password: credential.password }),
      fillIn: null,
    };
  }
  // A shell would read < and > as redirections.
  const fillIn = 'PASSWORD_SHOWN_ONCE';
  return { format: 'psql', text: psql({ ...credential, password: fillIn }), fillIn };
}
