import { createHash, randomBytes } from 'node:crypto';
import { canSign, names, readySettings } from '@caremesh/contract';
import type { ClientCredential, ClientFormat, ReadySettings } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { newId } from '../database/ids.js';
import { Store } from '../database/store.js';
import { grantErrors } from '../errors.js';
import { GrantEnding } from '../grants/grant-ending.js';
import type { GrantEntity } from '../grants/grant.entity.js';
import { grantableOf, lockGrant } from '../grants/grant-store.js';
import { CREDENTIAL_STATES, openGrantMoves } from '../grants/lifecycle.js';
import { GrantLifecycle } from '../grants/lifecycle.service.js';
import { maySee } from '../grants/rules.js';
import { IdentityClients } from '../identity/identity-clients.js';
import { ConnectionSettings } from './connection-settings.js';
import { CredentialEntity } from './credential.entity.js';
import { CredentialReading } from './reading.js';
import { readPublicKey } from './public-key.js';
import type { PublicKey } from './public-key.js';
import type { CredentialBody } from './shapes.js';

const MOST_LIVE = 2;
const SECRET_BYTES = 32;

type Proof = { secret: string; key: null } | { secret: null; key: PublicKey };

/**
 * Credentials of grants. A secret is made here, told once to the requester, and kept by nobody but its
 * hash at the identity provider.
 */
@Injectable()
export class Credentials {
  readonly #store: Store;
  readonly #lifecycle: GrantLifecycle;
  readonly #ending: GrantEnding;
  readonly #identity: IdentityClients;
  readonly #connection: ConnectionSettings;
  readonly #reading: CredentialReading;

  constructor(
    store: Store,
    lifecycle: GrantLifecycle,
    ending: GrantEnding,
    identity: IdentityClients,
    connection: ConnectionSettings,
    reading: CredentialReading,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#ending = ending;
    this.#identity = identity;
    this.#connection = connection;
    this.#reading = reading;
  }

  /**
   * Makes a credential. Throws MESH-3501, MESH-3509 (not the requester), MESH-3506 (not approved),
   * MESH-3723 (a service of the mesh reads), MESH-3507 (two live ones), MESH-3510 (public key), MESH-3718 (settings for a client that cannot sign), MESH-3019 (identity
   * provider down: nothing was made).
   */
  async create(caller: Caller, grantId: string, { publicKey, settingsFor }: CredentialBody) {
    if (publicKey) settingsFor.forEach(refuseUnlessSigning);
    const clientId = `grant-${grantId}-${newId().slice(0, 8)}`;
    const proof: Proof = publicKey
      ? { secret: null, key: readPublicKey(publicKey, clientId) }
      : { secret: randomBytes(SECRET_BYTES).toString('base64url'), key: null };
    const connection = await this.#connection.read();
    const { topics, credential } = await this.#store.transaction(async (em) => {
      const { grant, products } = await holdOwn(em, caller, grantId);
      await refuseThird(em, grantId);
      const made = await this.#insert(em, caller, grant, clientId, proof);
      // Last before the commit: a client whose row was taken back has a secret nobody was told.
      await this.#identity.put(clientOf(made, grant, proof));
      return { topics: products.map(({ topic }) => topic), credential: made };
    });
    await this.#reading.begin(grantId);
    const made: ClientCredential = {
      clientId,
      clientSecret: proof.secret,
      keyId: credential.keyId,
      expires: credential.expires.toISOString(),
      ...connection,
      topics,
      groupPrefix: names.grantGroupPrefix(grantId),
    };
    const settings = settingsFor.map((format) => settingsOf(made, format));
    return { ...made, ...(settings.length > 0 && { settings }) };
  }

  /**
   * Settings of a live credential for whoever may see the grant: a secret was shown once, so its place is marked.
   * Throws MESH-3501, MESH-3508 (no such live credential), MESH-3718, MESH-3019.
   */
  async settings(caller: Caller, grantId: string, clientId: string, format: ClientFormat) {
    const connection = await this.#connection.read();
    const { products, credential } = await this.#store.transaction(async (em) => {
      const held = await hold(em, caller, grantId);
      const live = { grantId, clientId, endedAt: IsNull() };
      const found = await em.findOneBy(CredentialEntity, live);
      if (found === null) throw problem(grantErrors.credentialNotFound);
      return { products: held.products, credential: found };
    });
    const { keyId, expires } = credential;
    const known: ClientCredential = {
      ...{ clientId, clientSecret: null, keyId, expires: expires.toISOString() },
      ...connection,
      topics: products.map(({ topic }) => topic),
      groupPrefix: names.grantGroupPrefix(grantId),
    };
    return { clientId, ...settingsOf(known, format) };
  }

  /**
   * Ends a credential: it gets no further token, and if it was the last one the broker refuses what it still has open.
   * While another is live, its own open connections end with their tokens, within five minutes: at the broker both are
   * one principal. Throws MESH-3501, MESH-3508, MESH-3509.
   */
  async end(caller: Caller, grantId: string, clientId: string): Promise<void> {
    await this.#store.transaction(async (em) => {
      const { grant } = await hold(em, caller, grantId);
      const isOwn = grant.requestedBy === caller.sub;
      if (!isOwn && !caller.roles.includes('administrator')) {
        throw problem(grantErrors.requesterOnly);
      }
      const live = { grantId, clientId, endedAt: IsNull() };
      const ended = await em.update(CredentialEntity, live, { endedAt: new Date() });
      if (ended.affected !== 1) throw problem(grantErrors.credentialNotFound);
      const role = isOwn ? 'requester' : 'administrator';
      const by = { actor: caller.sub, role, detail: { clientId } };
      await this.#lifecycle.note(em, grant, 'grant.credential-ended', by);
    });
    await this.#reading.endIfLast(grantId);
    await this.#ending.removeClients();
  }

  async #insert(
    em: EntityManager,
    caller: Caller,
    grant: GrantEntity,
    clientId: string,
    { key }: Proof,
  ): Promise<CredentialEntity> {
    const credential = em.create(CredentialEntity, {
      clientId,
      grantId: grant.id,
      keyId: key?.kid ?? null,
      createdBy: caller.sub,
      createdAt: new Date(),
      expires: grant.endsAt,
      endedAt: null,
      removedAt: null,
    });
    await em.insert(CredentialEntity, credential);
    const detail = { clientId, keyId: credential.keyId };
    const by = { actor: caller.sub, role: 'requester', detail };
    await this.#lifecycle.note(em, grant, 'grant.credential-made', by);
    return credential;
  }
}

function refuseUnlessSigning(format: ClientFormat): void {
  if (!canSign(format)) throw problem(grantErrors.cannotSign, format);
}

function settingsOf(credential: ClientCredential, format: ClientFormat): ReadySettings {
  const ready = readySettings(credential, format);
  if (ready === null) throw problem(grantErrors.cannotSign, format);
  return ready;
}

async function hold(em: EntityManager, caller: Caller, grantId: string) {
  const { grant, products } = await lockGrant(em, grantId);
  if (!maySee(caller, grantableOf(grant, products))) throw problem(grantErrors.grantNotFound);
  return { grant, products };
}

async function holdOwn(em: EntityManager, caller: Caller, grantId: string) {
  const held = await hold(em, caller, grantId);
  if (held.grant.requestedBy !== caller.sub) throw problem(grantErrors.requesterOnly);
  if (!CREDENTIAL_STATES.includes(held.grant.state)) {
    throw problem(grantErrors.illegalGrantMove, openGrantMoves(held.grant.state));
  }
  // Granted to a service of the mesh with no agreement between controllers: whoever held a credential would read beside it.
  if (held.grant.consumer !== null) throw problem(grantErrors.readByService);
  return held;
}

async function refuseThird(em: EntityManager, grantId: string): Promise<void> {
  const live = await em.countBy(CredentialEntity, { grantId, endedAt: IsNull() });
  if (live >= MOST_LIVE) throw problem(grantErrors.twoCredentials);
}

function clientOf({ clientId, expires }: CredentialEntity, grant: GrantEntity, proof: Proof) {
  const { organisation, id } = grant;
  const about = { clientId, sub: names.grantPrincipal(id), organisation, expires };
  if (proof.key) return { ...about, jwk: proof.key };
  const secretSha256 = createHash('sha256').update(proof.secret, 'utf8').digest('hex');
  return { ...about, secretSha256 };
}
