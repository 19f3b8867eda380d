import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { contentHash } from '@caremesh/contract';
import type { Api } from '../http.js';
import type { Io } from '../io.js';
import { as, GOVERNANCE_LEAD, IG_LEAD, publisherOf, reasonFor } from './people.js';
import { until } from './waiting.js';

type Proposal = { id: string; state: string; contentHash: string; decisionsNeeded: string[] };
type Version = { state: string; contentHash: string };

/** A version folder of schemas/, with its files. */
type Folder = { domain: string; product: string; files: Record<string, string>; hash: string };

/** Proposes and approves every contract of these domains that is not published yet; gives their products. */
export async function publishContracts(io: Io, domains: readonly string[]): Promise<string[]> {
  const folders = versionFolders(join(io.root, 'schemas')).filter(({ domain }) =>
    domains.includes(domain),
  );
  // One after the other: a second major must find its first.
  for (const folder of folders) {
    if (await isPublished(io, folder)) continue;
    const proposal = await proposed(io, folder);
    await decide(io, proposal);
    await until(`Publishing ${folder.product}`, async () =>
      (await isPublished(io, folder)) ? true : null,
    );
    io.stderr(`  published ${folder.product}\n`);
  }
  return [...new Set(folders.map(({ product }) => product))];
}

/** Folders `<domain>/<product>/v<major>` with a contract, in the order of their names. */
function versionFolders(schemas: string): Folder[] {
  return foldersIn(schemas).flatMap((domain) =>
    foldersIn(join(schemas, domain)).flatMap((product) =>
      foldersIn(join(schemas, domain, product))
        .map((major) => filesIn(join(schemas, domain, product, major)))
        .filter((files) => 'contract.odcs.yaml' in files)
        .map((files) => ({
          domain,
          product: `${domain}.${product}`,
          files,
          hash: contentHash(files),
        })),
    ),
  );
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Every file below a version folder, by its path with forward slashes. */
function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  return Object.fromEntries(
    names.map((path) => [relative(folder, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')]),
  );
}

async function isPublished(io: Io, { product, hash }: Folder): Promise<boolean> {
  const versions = await versionsOf(as(io, GOVERNANCE_LEAD), product);
  const settled = ['published', 'superseded', 'deprecated', 'retired'];
  return versions.some((one) => one.contentHash === hash && settled.includes(one.state));
}

async function versionsOf(governance: Api, product: string): Promise<Version[]> {
  const reply = await governance
    .get<{ majors: { versions: Version[] }[] }>(`/v1/products/${product}`)
    .catch((error: unknown) => {
      // 404: nobody proposed it yet.
      if (error instanceof Error && 'exit' in error && error.exit === 4) return null;
      throw error;
    });
  return reply?.body.majors.flatMap(({ versions }) => versions) ?? [];
}

/** The proposal of this very content that an interrupted run left open, or a new one. */
async function proposed(io: Io, { domain, product, files, hash }: Folder): Promise<Proposal> {
  const lead = as(io, GOVERNANCE_LEAD);
  const list = await lead.get<{ items: Proposal[] }>('/v1/proposals', { product });
  const open = ['proposed', 'approved', 'registering', 'failed'];
  const known = list.body.items.find((one) => one.contentHash === hash && open.includes(one.state));
  if (known) return known;
  const reason = reasonFor('the contract this checkout comes with');
  const reply = await as(io, publisherOf(domain)).post<Proposal>('/v1/proposals', {
    files,
    reason,
    demonstration: true,
  });
  return reply.body;
}

/** Everybody asked decides: a governance lead, and the information-governance lead where a change needs it. */
async function decide(io: Io, proposal: Proposal): Promise<void> {
  if (proposal.state !== 'proposed') return;
  for (const role of proposal.decisionsNeeded) {
    const user = role === 'ig-lead' ? IG_LEAD : GOVERNANCE_LEAD;
    await as(io, user).post(`/v1/proposals/${proposal.id}/decisions`, {
      decision: 'approve',
      contentHash: proposal.contentHash,
      reason: reasonFor('approved so that there is something to see'),
      role,
      demonstration: true,
    });
  }
}
