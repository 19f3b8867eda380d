import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Ports } from './home/ports.js';

const run = promisify(execFile);

/** One way into a domain, as `mesh status` shows it. */
export type Intake = {
  source: string;
  product: string;
  method: string;
  address: string;
  contentTypes: string[];
};

/** What a domain says of itself in its `domain.ts`; read from there so that nothing is listed twice. */
export type DomainDescription = {
  sources: { name: string; contentTypes: string[]; listens: boolean }[];
  products: { contract: string; source: string }[];
};

/**
 * Reads a built domain's definition in a process of its own: it is the domain's code, and this process
 * must not carry the libraries of every domain. Null when it has no readable definition (yet).
 */
export async function describeDomain(
  node: string,
  main: string,
): Promise<DomainDescription | null> {
  const file = join(dirname(main), 'domain.js');
  if (!existsSync(file)) return null;
  const script = `
    const all = Object.values(await import(${JSON.stringify(pathToFileURL(file).href)}));
    const domain = all.find((one) => one && Array.isArray(one.sources) && Array.isArray(one.products));
    const sources = domain.sources.map(({ name, contentTypes, listen, method }) =>
      ({ name, contentTypes, listens: Boolean(listen) || method === 'mllp' }));
    const products = domain.products.map(({ contract, from }) => ({ contract, source: from.name }));
    process.stdout.write(JSON.stringify({ sources, products }), () => process.exit(0));`;
  try {
    const { stdout } = await run(node, ['--input-type=module', '-e', script], { timeout: 60_000 });
    return JSON.parse(stdout) as DomainDescription;
  } catch {
    return null;
  }
}

/** Every way in: HTTP for each source, and the port of a source that listens itself. */
export function intakeOf(url: string, ports: Ports, described: DomainDescription): Intake[] {
  return described.sources.flatMap(({ name, contentTypes, listens }) =>
    described.products
      .filter(({ source }) => source === name)
      .flatMap(({ contract }) => {
        const product = contract.split('/').slice(0, 2).join('.');
        const base = { source: name, product, contentTypes };
        const http = { ...base, method: 'http', address: `${url}/v1/intake/${name}` };
        const port = ports[name] ?? Object.values(ports)[0];
        if (!listens || port === undefined) return [http];
        return [http, { ...base, method: 'mllp', address: `mllp://127.0.0.1:${port}` }];
      }),
  );
}
