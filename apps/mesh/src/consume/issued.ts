import type { KeyObject } from 'node:crypto';

/** What a client of a grant needs to connect (the answer of POST /v1/grants/{id}/credentials). */
export type Credential = {
  clientId: string;
  /** Null for a client that signs. */
  clientSecret: string | null;
  keyId: string | null;
  tokenUrl: string;
  scope: string;
  bootstrap: string;
  securityProtocol: string;
  registryUrl: string;
  topics: string[];
  groupPrefix: string;
  /** What it signs with: read from a file of the user's own, in no answer. */
  key?: KeyObject;
};
