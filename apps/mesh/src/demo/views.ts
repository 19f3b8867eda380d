import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLive } from '../consume/token.js';
import type { Io } from '../io.js';
import { ANALYST, ANALYST_ORGANISATION, as, IG_LEAD, ownerOf, reasonFor } from './people.js';
import { until } from './waiting.js';

const PURPOSE = 'population-health-management';
const LEGAL_BASIS = '6(1)(e)/9(2)(h)/s251';
const DAYS = 180;

export type Grant = {
  id: string;
  state: string;
  products: string[];
  groupPrefix: string;
  topics: { product: string; topic: string; ready: boolean }[];
  demonstration?: boolean;
};

/** What an analyst's client needs to connect (the answer of POST /v1/grants/{id}/credentials). */
export type Credential = {
  clientId: string;
  clientSecret: string;
  keyId: null;
  tokenUrl: string;
  scope: string;
  bootstrap: string;
  securityProtocol: string;
  registryUrl: string;
  topics: string[];
  groupPrefix: string;
};

/** A live grant of the analyst's own view of this product, with a credential: those there are, or new ones. */
export async function viewOf(
  io: Io,
  product: string,
): Promise<{ grant: Grant; credential: Credential }> {
  const grant = (await liveGrant(io, product)) ?? (await request(io, product));
  await approve(io, grant);
  const active = await until(`The view of ${product}`, async () => {
    const { body } = await as(io, ANALYST).get<Grant>(`/v1/grants/${grant.id}`);
    return body.state === 'active' && body.topics.every(({ ready }) => ready) ? body : null;
  });
  return { grant: active, credential: await credentialOf(io, active) };
}

async function liveGrant(io: Io, product: string): Promise<Grant | undefined> {
  const { body } = await as(io, ANALYST).get<{ items: Grant[] }>('/v1/grants', { product });
  return body.items.find(
    ({ state, demonstration }) =>
      demonstration && ['requested', 'approved', 'active'].includes(state),
  );
}

async function request(io: Io, product: string): Promise<Grant> {
  const day = (offset: number) =>
    new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const { body } = await as(io, ANALYST).post<Grant>('/v1/grants', {
    product,
    major: 1,
    purpose: PURPOSE,
    legalBasis: LEGAL_BASIS,
    organisation: ANALYST_ORGANISATION,
    fields: 'all',
    from: day(0),
    until: day(DAYS),
    reason: reasonFor('to see what an analyst is given'),
    demonstration: true,
  });
  return body;
}

/** The owner first, then the information-governance lead: the second is asked only when the first agreed. */
async function approve(io: Io, grant: Grant): Promise<void> {
  if (grant.state !== 'requested') return;
  const domain = grant.products[0]?.split('.')[0] ?? '';
  for (const user of [ownerOf(domain), IG_LEAD]) {
    const { body } = await as(io, user).get<
      Grant & { timeline: { actor: string; event: string }[] }
    >(`/v1/grants/${grant.id}`);
    const decided = body.timeline.some(
      ({ actor, event }) => actor === `user-${user}` && event.startsWith('approv'),
    );
    if (decided || body.state !== 'requested') continue;
    await as(io, user).post(`/v1/grants/${grant.id}/decisions`, {
      decision: 'approve',
      reason: reasonFor('approved so that there is something to read'),
      demonstration: true,
    });
  }
}

/** A secret is shown once, so it is kept (mode 0600) and asked for again only when it is lost. */
async function credentialOf(io: Io, { id }: Grant): Promise<Credential> {
  const file = join(io.home, 'demo', `credential-${id}.json`);
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Credential) : null;
  // It is the analyst's to end, and they may have since.
  if (kept && (await isLive(kept))) return kept;
  const { body } = await as(io, ANALYST).post<Credential>(`/v1/grants/${id}/credentials`);
  mkdirSync(join(io.home, 'demo'), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(body, null, 2), { mode: 0o600 });
  return body;
}
