import { openAsBlob, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeSources, type SourceFile } from '@caremesh/synthetic';
import { addresses, type Addresses } from '../addresses.js';
import { CliError, EXIT } from '../errors.js';
import type { Api } from '../http.js';
import type { Io } from '../io.js';
import { asPublisher } from './people.js';
import { until } from './waiting.js';

const PEOPLE = 200;
const SEED = 'caremesh-demonstration';

type Receipt = {
  receipt: string;
  state?: string;
  received?: number;
  accepted?: number;
  unchanged?: number;
  retracted?: number;
  quarantined?: number;
  held?: number;
  notUsed?: number;
};
type Domain = Addresses['domains'][number];

/** What is sent at once: one file, or the parts of one delivery. */
type Delivery = { domain: Domain; files: SourceFile[] };

/** Of a delivery that was taken in, the receipt. */
type TakenIn = { domain: string; receipt: string };

/**
 * Writes the source files of 200 synthetic people under MESH_HOME/demo and sends each to its domain in the
 * format of that setting. Sent once: a file beside them has the receipts, and whether the domains still know them says
 * whether it is their databases that the files went to.
 */
export async function takeInSources(io: Io): Promise<void> {
  const folder = join(io.home, 'demo', 'sources');
  const done = join(io.home, 'demo', 'sources-taken-in.json');
  const domains = (await addresses(io)).domains;
  if (await isTakenIn(io, domains, takenIn(done))) return;
  const { files } = writeSources({ seed: SEED, people: PEOPLE, outDir: folder });
  const taken: TakenIn[] = [];
  for (const delivery of deliveries(domains, files)) {
    const receipt = await send(io, folder, delivery);
    taken.push({ domain: delivery.domain.name, receipt: receipt.receipt });
    io.stderr(`  ${delivery.domain.name}: ${countsOf(receipt)}\n`);
  }
  writeFileSync(done, `${JSON.stringify(taken, null, 2)}\n`);
}

/** Null where nothing is kept, or what is kept was cut off by a full disk or a lost power. */
function takenIn(file: string): TakenIn[] | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TakenIn[];
  } catch {
    return null;
  }
}

/** Sent again it changes nothing, so a domain that has forgotten one receipt gets all. */
async function isTakenIn(
  io: Io,
  domains: readonly Domain[],
  taken: TakenIn[] | null,
): Promise<boolean> {
  if (taken === null) return false;
  const running = taken.filter(({ domain }) => domains.some(({ name }) => name === domain));
  for (const { domain, receipt } of running) {
    try {
      await asPublisher(io, domain).get(`/v1/receipts/${receipt}`);
    } catch (error) {
      if (error instanceof CliError && error.exit === EXIT.notFound) return false;
      throw error;
    }
  }
  return true;
}

/** Parts of one delivery go together, every other file by itself. Settings without a running domain are left out. */
function deliveries(domains: readonly Domain[], files: readonly SourceFile[]): Delivery[] {
  return domains.flatMap((domain) => {
    const own = files.filter(({ setting }) => setting === domain.name);
    const parts = own.filter(({ part }) => part !== undefined);
    const whole = own.filter(({ part }) => part === undefined).map((file) => [file]);
    return [...whole, ...(parts.length > 0 ? [parts] : [])].map((group) => ({
      domain,
      files: group,
    }));
  });
}

async function send(io: Io, folder: string, { domain, files }: Delivery): Promise<Receipt> {
  await until(`The domain ${domain.name}`, () => accepting(domain));
  const way = domain.intake.find(({ method }) => method === 'http');
  const path = new URL(way?.address ?? `${domain.url}/v1/intake/${domain.name}`).pathname;
  const publisher = asPublisher(io, domain.name);
  const reply = await publisher.send<Receipt>('POST', path, await bodyOf(folder, files));
  return reply.status === 202 ? settled(publisher, reply.body.receipt) : reply.body;
}

async function bodyOf(folder: string, files: readonly SourceFile[]) {
  const [first] = files;
  if (first && first.part === undefined) {
    return {
      body: readFileSync(join(folder, first.file)),
      headers: { 'content-type': first.contentType },
    };
  }
  const form = new FormData();
  for (const { part, file, contentType } of files) {
    const blob = await openAsBlob(join(folder, file), { type: contentType });
    form.set(part ?? file, blob, basename(file));
  }
  return { body: form };
}

/** A domain takes records in once it knows that its contract is approved. */
async function accepting({ url }: Domain): Promise<true | null> {
  const response = await fetch(`${url}/health/ready`).catch(() => null);
  return response?.ok ? true : null;
}

/** A large body is answered before it is worked through. */
function settled(publisher: Api, receipt: string): Promise<Receipt> {
  return until(`Receipt ${receipt}`, async () => {
    const { body } = await publisher.get<Receipt>(`/v1/receipts/${receipt}`);
    return body.state === 'waiting' ? null : body;
  });
}

/** The counts that are not nought, in words. */
function countsOf(receipt: Receipt): string {
  const words = {
    received: 'received',
    accepted: 'accepted',
    unchanged: 'unchanged',
    retracted: 'retracted',
    quarantined: 'quarantined',
    held: 'held',
    notUsed: 'of a kind the product does not use',
  } as const;
  return Object.entries(words)
    .map(([name, word]) => [receipt[name as keyof typeof words] ?? 0, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}
