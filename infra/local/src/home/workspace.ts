import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One service found in the checkout. Nothing else lists the domains. */
export type Service = {
  name: string;
  kind: 'domain' | 'service';
  /** Built entry, run with the checkout as current folder. */
  main: string;
  /** Sources that listen on a port of their own (`"caremesh": {"ports": ["mllp"]}` in package.json). */
  ports: string[];
  /** Its database role may make roles: those of recipients who read by SQL (`"caremesh": {"makesRoles": true}`). */
  makesRoles: boolean;
};

/**
 * `also`: further names the same program runs under, each a process with principal, database and key of its own; it tells
 * by its name (`MESH_SERVICE`) what it is to do.
 */
type PackageJson = {
  nx?: { tags?: string[] };
  caremesh?: { ports?: string[]; makesRoles?: boolean; also?: string[] };
};

/** Services of our own in start order; the rest of apps/ are domains and the command. */
const OWN = ['identity', 'governance', 'disclosure', 'care-disclosure', 'monitor', 'output-ports'];

/** Every app of the checkout that has an entry point: our own services, then the domains by name. */
export function findServices(root: string): Service[] {
  const apps = join(root, 'apps');
  const found = readdirSync(apps, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(apps, entry.name, 'src', 'main.ts')))
    .flatMap((entry) => serviceIn(join(apps, entry.name), entry.name));
  return found.sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name));
}

function order(service: Service): number {
  const position = OWN.indexOf(service.name);
  return position < 0 ? OWN.length : position;
}

function serviceIn(folder: string, name: string): Service[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
  const domain = domainOf(manifest.nx?.tags ?? []);
  if (domain === null && !OWN.includes(name)) return [];
  const main = join(folder, 'dist', 'main.js');
  const { ports = [], makesRoles = false, also = [] } = manifest.caremesh ?? {};
  const one = { main, ports, makesRoles };
  if (domain !== null) return [{ name: domain, kind: 'domain', ...one }];
  return [name, ...also].map((own) => ({ name: own, kind: 'service', ...one }));
}

/** The domain a project belongs to: tags `layer:domain` and `domain:<name>`. */
function domainOf(tags: readonly string[]): string | null {
  if (!tags.includes('layer:domain')) return null;
  const tag = tags.find((one) => one.startsWith('domain:'));
  return tag ? tag.slice('domain:'.length) : null;
}

/** Domains with a folder in apps/, also those without an entry point yet: their people are seeded. */
export function findDomains(root: string): string[] {
  const apps = join(root, 'apps');
  return readdirSync(apps, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(apps, entry.name, 'package.json')))
    .map((entry) => readFileSync(join(apps, entry.name, 'package.json'), 'utf8'))
    .map((text) => domainOf((JSON.parse(text) as PackageJson).nx?.tags ?? []))
    .filter((domain) => domain !== null)
    .sort();
}
