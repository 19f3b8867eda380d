import { createHash, timingSafeEqual } from 'node:crypto';

/** The audiences there are. A token is for one of them and good nowhere else. */
export const AUDIENCES = ['mesh-api', 'mesh-kafka', 'mesh-registry'] as const;
export type Audience = (typeof AUDIENCES)[number];

/** A machine client: what it may ask tokens for, and who they say it is. */
export type Client = {
  clientId: string;
  sub: string;
  kind: 'service' | 'domain' | 'grant';
  enabled: boolean;
  secretSha256: string | null;
  jwk: Record<string, unknown> | null;
  audiences: Audience[];
  defaultAudience: Audience;
  roles: string[];
  org: string | null;
  expires: Date | null;
};

/** A secret is kept as its hash alone; secrets are 256 random bits, so no slow hash is needed. */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** Whether `secret` is the one that `hash` was made of, in a time that tells nothing. */
export function isSecret(secret: string, hash: string): boolean {
  const given = Buffer.from(hashOfSecret(secret), 'hex');
  const kept = Buffer.from(hash, 'hex');
  return given.length === kept.length && timingSafeEqual(given, kept);
}

/**
 * The client of a process of the mesh, whose secret the stack has put in a file named for it:
 * `svc-...` works at once, `domain-...` only after the domain has been accepted. Null for other names.
 */
export function seededClient(name: string, secret: string): Client | null {
  const [, prefix] = /^(svc|domain)-[a-z0-9][a-z0-9-]*$/.exec(name) ?? [];
  if (!prefix) return null;
  return {
    clientId: name,
    sub: name,
    kind: prefix === 'svc' ? 'service' : 'domain',
    enabled: prefix === 'svc',
    secretSha256: hashOfSecret(secret),
    jwk: null,
    audiences: [...AUDIENCES],
    defaultAudience: 'mesh-api',
    roles: [],
    org: null,
    expires: null,
  };
}
