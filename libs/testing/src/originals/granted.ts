import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { grantableFields, parseVersion, treatedFields } from '@caremesh/contract';
import { ROOT } from '../base-stack.js';
import { dayFromNow } from '../days.js';
import { personToken } from '../sign-in.js';
import type { Mesh } from '../start-mesh.js';

type Grant = { id: string; state: string; topics: { topic: string; ready: boolean }[] };
export type GrantedView = { product: string; grant: string; topic: string; ready: boolean };

const LOOK_MS = 300;
const PATIENCE_MS = 60_000;

/**
 * Two grants of each product for a purpose each: all that may be granted, and as little as can be asked for. With the people's
 * consent, so that nobody waits for a cleaned list. Resolves when their views are there to be read.
 */
export async function grantWidestAndNarrowest(
  mesh: Mesh,
  products: readonly string[],
): Promise<GrantedView[]> {
  const asked: { product: string; id: string }[] = [];
  for (const product of products) {
    const fields = fieldsOf(product);
    asked.push({ product, id: await granted(mesh, product, 'research', fields) });
    asked.push({ product, id: await granted(mesh, product, 'commissioning', ['publisherOds']) });
  }
  return Promise.all(asked.map(({ product, id }) => ready(mesh, product, id)));
}

function fieldsOf(product: string): string[] {
  const folder = join(ROOT, 'schemas', product.replace('.', '/'), 'v1');
  const names = readdirSync(folder).filter((name) => /\.(yaml|avsc)$/.test(name));
  const files = names.map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
  const { contract } = parseVersion(Object.fromEntries(files));
  return [...grantableFields(contract!), ...treatedFields(contract!)];
}

async function granted(mesh: Mesh, product: string, purpose: string, fields: string[]) {
  const { id } = await ask<Grant>(mesh, 'analyst', '/v1/grants', {
    ...{ product, purpose, fields, organisation: 'QUY', until: dayFromNow(90) },
    ...{ legalBasis: '6(1)(e)/9(2)(h)/consent', reason: 'To see what a recipient is told' },
  });
  for (const user of [`${product.split('.')[0]}-owner`, 'ig-lead'])
    await ask(mesh, user, `/v1/grants/${id}/decisions`, { decision: 'approve', reason: 'Story' });
  return id;
}

async function ready(mesh: Mesh, product: string, id: string): Promise<GrantedView> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { state, topics } = await ask<Grant>(mesh, 'analyst', `/v1/grants/${id}`);
    const [view] = topics;
    if (state === 'active' && view?.ready) return { product, grant: id, ...view };
    if (Date.now() > deadline) throw new Error(`The view of ${product} is not ready`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function ask<T>(mesh: Mesh, user: string, path: string, content?: object): Promise<T> {
  const where = { home: mesh.home, tokenUrl: mesh.status().identity.tokenUrl };
  const answer = await fetch(`${mesh.status().governance.url}${path}`, {
    method: content ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${await personToken(where, user)}`,
      'content-type': 'application/json',
    },
    body: content ? JSON.stringify(content) : undefined,
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
