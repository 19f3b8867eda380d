import { duckdb, r } from './tables.js';
import { nodeByKey, pythonByKey } from './by-key.js';
import { java, librdkafka, node, python } from './stream.js';

/** A credential as `POST /v1/grants/{id}/credentials` answers it, once. */
export type Credential = {
  clientId: string;
  clientSecret: string | null;
  keyId: string | null;
  expires: string;
  tokenUrl: string;
  scope: string;
  audience: string;
  bootstrap: string;
  securityProtocol: string;
  saslMechanism: string;
  registryUrl: string;
  topics: string[];
  groupPrefix: string;
};

/** What settings can be printed for, each as a text that the client takes as it stands. */
export const FORMATS = {
  json: (credential: Credential) => JSON.stringify(credential, null, 2),
  python,
  java,
  node,
  librdkafka,
  duckdb,
  r,
} satisfies Record<string, (credential: Credential) => string>;

export type Format = keyof typeof FORMATS;

/** Formats that need no credential: files are fetched first. */
export const OF_FILES = { duckdb, r } satisfies Partial<Record<Format, unknown>>;

/** Of a credential with a key: clients that let a program of ours sign. librdkafka and Java sign for another kind of grant alone. */
export const BY_KEY: Partial<Record<Format, (credential: Credential) => string>> = {
  json: FORMATS.json,
  python: pythonByKey,
  node: nodeByKey,
};
