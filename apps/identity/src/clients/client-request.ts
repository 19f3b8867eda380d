import { problem } from '@caremesh/platform';
import { z } from 'zod';

import { identityErrors } from '../errors.js';
import { AUDIENCES } from './client.js';
import type { Client } from './client.js';

const audience = z.enum(AUDIENCES);
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv'];

const publicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) })
  .refine((jwk) => PRIVATE_MEMBERS.every((name) => !(name in jwk)), 'Send the public key only.');

/** What governance sends to create or change a client. Services of the mesh are not made this way. */
export const clientRequest = z
  .strictObject({
    sub: z.string().regex(/^(grant|domain)-[a-z0-9][a-z0-9-]{0,62}$/, 'grant-... or domain-...'),
    kind: z.enum(['grant', 'domain']),
    enabled: z.boolean().default(true),
    secretSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'A SHA-256 in lower-case hexadecimal is expected.')
      .nullish(),
    jwk: publicKey.nullish(),
    audiences: z.array(audience).min(1),
    defaultAudience: audience,
    roles: z.array(z.string().regex(/^[a-z][a-z-]*$/, 'A role name is expected.')).default([]),
    org: z.string().min(1).max(12).nullish(),
    expires: z.iso.datetime({ offset: true }).nullish(),
  })
  .refine(({ secretSha256, jwk }) => Boolean(secretSha256) !== Boolean(jwk), {
    path: ['secretSha256'],
    message: 'Either secretSha256 or jwk is needed, not both.',
  })
  .refine(({ audiences, defaultAudience }) => audiences.includes(defaultAudience), {
    path: ['defaultAudience'],
    message: 'The default is not one of the audiences.',
  });

export type ClientRequest = z.output<typeof clientRequest>;

/** What governance sends to give a client a later end. */
export const expiryRequest = z.strictObject({ expires: z.iso.datetime({ offset: true }) });
export type ExpiryRequest = z.output<typeof expiryRequest>;

export const clientId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Lower-case letters, digits and "-" are expected.');

/**
 * The client that a request describes. Throws MESH-5304 if the subject is not of the kind named, and
 * MESH-5305 for the ids of the mesh's own processes.
 */
export function clientOf(id: string, request: ClientRequest): Client {
  if (!request.sub.startsWith(`${request.kind}-`)) throw problem(identityErrors.subjectMismatch);
  const reserved = /^(svc|mesh|user)-/.test(id) || (id.startsWith('domain-') && id !== request.sub);
  if (reserved) throw problem(identityErrors.seededClient);
  return {
    clientId: id,
    ...request,
    secretSha256: request.secretSha256 ?? null,
    jwk: request.jwk ?? null,
    org: request.org ?? null,
    expires: request.expires ? new Date(request.expires) : null,
  };
}

/** A client as it is shown: everything but what proves it. */
export function shown({ secretSha256: _, jwk: __, ...client }: Client) {
  return client;
}
