import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cliError, meshErrors } from './errors.js';
import type { Io } from './io.js';

/** The part of MESH_HOME/status.json (shape of `mesh status -o json`) that calling the mesh needs. */
export type Addresses = {
  mode: string;
  governance: { url: string };
  registry: { url: string };
  kafka: { bootstrap: string };
  identity: { issuer: string; tokenUrl: string; jwksUrl: string };
  domains: {
    name: string;
    url: string;
    intake: {
      source: string;
      product: string;
      method: string;
      address: string;
      contentTypes: string[];
    }[];
  }[];
  components: { name: string; status: string; port: number | null }[];
};

/** Where the running mesh of this MESH_HOME listens. Throws MESH-6503 when none was ever started. */
export async function addresses(io: Io): Promise<Addresses> {
  const file = join(io.home, 'status.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw cliError(meshErrors.notRunning, `There is no ${file}.`, cause);
  });
  try {
    return JSON.parse(text) as Addresses;
  } catch (cause) {
    // Left empty by a machine that lost its power; a mesh that starts writes it anew.
    throw cliError(meshErrors.notRunning, `${file} holds no JSON.`, cause);
  }
}

/** URL of a domain's own service. Throws MESH-6509 with those there are. */
export async function domainUrl(io: Io, name: string): Promise<string> {
  const all = await addresses(io);
  const url = urlIn(all, name);
  if (url) return url;
  throw cliError(meshErrors.unknownDomain, notOneOf(name, all.domains));
}

/** URL of a service by its component name. Throws MESH-6515 with those there are, MESH-6504 for one that does not run. */
export async function serviceUrl(io: Io, name: string): Promise<string> {
  const all = await addresses(io);
  const url = urlIn(all, name);
  if (url) return url;
  const component = all.components.find((one) => one.name === name);
  if (component) throw cliError(meshErrors.unreachable, `${name} is ${component.status}.`);
  const isService = (one: { name: string }) =>
    !BENEATH.has(one.name) && !all.domains.some((domain) => domain.name === one.name);
  throw cliError(meshErrors.unknownService, notOneOf(name, all.components.filter(isService)));
}

/** Components that are no services of the mesh: what it stands on. */
const BENEATH = new Set(['postgresql', 'kafka', 'registry']);

function urlIn({ domains, components }: Addresses, name: string): string | null {
  const domain = domains.find((one) => one.name === name);
  if (domain) return domain.url;
  const port = components.find((one) => one.name === name)?.port;
  return port ? `http://127.0.0.1:${port}` : null;
}

function notOneOf(name: string, known: readonly { name: string }[]): string {
  return `"${name}" is not one of: ${known.map((one) => one.name).join(', ') || 'none'}.`;
}
