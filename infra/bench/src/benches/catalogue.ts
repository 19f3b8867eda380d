import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { line, type Result } from '../measure/report.js';
import { median, percentile } from '../measure/rounds.js';
import { ROOT } from '../mesh/bench-mesh.js';
import type { Rig } from '../mesh/rig.js';
import { WORDS, indexed, putProducts, seeded } from '../peers/many-products.js';

const FEW = 100;
const MANY = 10_000;
const QUESTIONS = 400;
const REPEATS = 60;
const SEARCH_MS = 50;
const FLAT = 1.5;
const PATIENCE_MS = 900_000;

type Cost = { list: number; show: number; publish: number };

/**
 * Search over 10,000 products and 200,000 fields by HTTP, and what listing, showing and publishing cost with 100 and with
 * 10,000 products in the catalogue.
 */
export async function catalogue(rig: Rig): Promise<Result[]> {
  const database = governanceDatabase(rig);
  await putProducts(database, 0, FEW);
  await indexed(database, FEW, PATIENCE_MS);
  const few = await costs(rig, await askAs(rig, 'analyst'), 0);
  await putProducts(database, FEW, MANY);
  const began = performance.now();
  await indexed(database, MANY, PATIENCE_MS);
  const perProduct = (performance.now() - began) / (MANY - FEW);
  // Indexing takes longer than a token lives.
  const ask = await askAs(rig, 'analyst');
  const many = await costs(rig, ask, 1);
  const random = seeded(17);
  const products = await latencies(ask, () => productQuestion(random));
  const fields = await latencies(ask, () => `/v1/fields?${words(random, 'q')}`);
  return [
    search('Product search by HTTP, 10,000 products, 200,000 fields', products),
    search('Field search by HTTP, the same', fields),
    line('… indexing one product', `${perProduct.toFixed(1)} ms`, '', null),
    flat('List of 50 products', few.list, many.list),
    flat('One product shown', few.show, many.show),
    flat('A product proposed, approved and published', few.publish, many.publish),
  ];
}

function search(what: string, taken: number[]): Result {
  const [p50, p95] = [percentile(taken, 0.5), percentile(taken, 0.95)];
  const measured = `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`;
  return line(what, measured, `p95 ${SEARCH_MS} ms`, p95 <= SEARCH_MS);
}

function flat(what: string, few: number, many: number): Result {
  const measured = `${few.toFixed(1)} ms at ${FEW}, ${many.toFixed(1)} ms at ${MANY}`;
  return line(what, `${measured}, ${(many / few).toFixed(2)} x`, `${FLAT} x`, many / few <= FLAT);
}

type Ask = (path: string, json?: unknown) => Promise<unknown>;

async function askAs({ mesh }: Rig, user: string): Promise<Ask> {
  const { url } = mesh.status.governance;
  const headers = {
    authorization: `Bearer ${await mesh.token(user)}`,
    'content-type': 'application/json',
  };
  return async (path, json) => {
    const init =
      json === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(json) };
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`);
    return JSON.parse(text) as unknown;
  };
}

function governanceDatabase({ mesh }: Rig): string {
  const url = new URL(mesh.databaseUrl);
  url.pathname = '/mesh_governance';
  return url.toString();
}

async function costs(rig: Rig, ask: Ask, round: number): Promise<Cost> {
  const list = await latencies(ask, () => '/v1/products?limit=50', REPEATS);
  const show = await latencies(ask, () => '/v1/products/gp.medication-statement', REPEATS);
  const publish: number[] = [];
  for (let n = 0; n < rig.rounds; n += 1) publish.push(await published(rig, `${round}${n}`));
  return { list: median(list), show: median(show), publish: median(publish) };
}

async function latencies(ask: Ask, path: () => string, count = QUESTIONS): Promise<number[]> {
  for (let n = 0; n < 20; n += 1) await ask(path());
  const taken: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const asked = path();
    const began = performance.now();
    await ask(asked);
    taken.push(performance.now() - began);
  }
  return taken;
}

/** What people ask: mostly words, often misspelt or unfinished, some with filters, some with filters alone. */
function productQuestion(random: () => number): string {
  const filters = [
    `domain=bench-${Math.floor(random() * 20)}`,
    `standard=DCB${1000 + Math.floor(random() * 150)}`,
    'purpose=research',
    'careSetting=community',
    'classification=direct-identifier',
  ];
  const filter = filters[Math.floor(random() * filters.length)]!;
  const kind = random();
  if (kind < 0.7) return `/v1/products?${words(random, 'q')}`;
  if (kind < 0.9) return `/v1/products?${words(random, 'q')}&${filter}`;
  return `/v1/products?${filter}`;
}

function words(random: () => number, name: string): string {
  const pick = () => WORDS[Math.floor(random() * WORDS.length)]!;
  const term = () => `term${Math.floor(random() * 3_000)}`;
  const kind = random();
  if (kind < 0.25) return `${name}=${pick()}`;
  if (kind < 0.5) return `${name}=${pick()}+${pick()}`;
  if (kind < 0.65) return `${name}=${misspelt(pick(), random)}+${pick()}`;
  if (kind < 0.75) return `${name}=${pick().slice(0, 4)}`;
  if (kind < 0.9) return `${name}=${term()}+${pick()}`;
  return `${name}=${pick()}+${pick()}+${pick()}`;
}

/** A letter left out. */
function misspelt(word: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (word.length - 1));
  return word.slice(0, at) + word.slice(at + 1);
}

/** Milliseconds from proposing a product to its being in the catalogue. */
async function published(rig: Rig, mark: string): Promise<number> {
  const name = `bench-statement-${mark}`;
  const files = await filesNamed(name);
  const publisher = await askAs(rig, 'gp-publisher');
  const lead = await askAs(rig, 'governance-lead');
  const began = performance.now();
  const proposal = (await publisher('/v1/proposals', { files, reason: 'Bench' })) as {
    id: string;
    contentHash: string;
  };
  const { id, contentHash } = proposal;
  await lead(`/v1/proposals/${id}/decisions`, {
    decision: 'approve',
    contentHash,
    reason: 'Bench',
    role: 'governance-lead',
  });
  const deadline = began + 60_000;
  for (;;) {
    const { state } = (await lead(`/v1/proposals/${id}`)) as { state: string };
    if (state === 'published') return performance.now() - began;
    if (performance.now() > deadline) throw new Error(`${name} is ${state} after a minute`);
    await sleep(20);
  }
}

/** The GP product's first version under another name. */
async function filesNamed(name: string): Promise<Record<string, string>> {
  const folder = join(ROOT, 'schemas', 'gp', 'medication-statement', 'v1');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const record = name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8');
      const renamed = text
        .replaceAll('medication-statement', name)
        .replaceAll('MedicationStatement', record);
      return [file.slice(folder.length + 1), renamed] as const;
    }),
  );
  return Object.fromEntries(texts);
}
