import { createServer } from 'node:net';
import { StackError, stackErrors } from '../errors.js';
import { readWhole, writeWhole } from './paths.js';
import { PortClaims } from './port-claims.js';

/** Port number per use: `governance`, `kafka.client`, `acute.mllp`. */
export type Ports = Record<string, number>;

/**
 * Below Linux's range for outgoing connections (32768 up), so that no connection of ours or of anybody
 * takes a port between one run and the next.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** Where each part likes to listen; anything else starts looking at the end of the list. */
export const PREFERRED: Ports = {
  governance: 24_100,
  identity: 24_110,
  registry: 24_120,
  postgresql: 24_132,
  'kafka.client': 24_192,
  'kafka.internal': 24_193,
  'kafka.controller': 24_194,
  disclosure: 24_200,
  monitor: 24_204,
  'output-ports': 24_206,
};
const OTHERS = 24_210;

type PortOptions = {
  /** True when the port can be had, and is ours from now on. */
  take?: (port: number) => Promise<boolean>;
  /** Moves the preferred ports. */
  shift?: number;
};

/**
 * A port for every use: the one kept from last time if it is still free, else the preferred one, else the
 * next free one. Throws MESH-6004 when there is none.
 */
export async function choosePorts(
  uses: readonly string[],
  kept: Ports,
  { take = takePort, shift = 0 }: PortOptions = {},
): Promise<Ports> {
  const chosen: Ports = {};
  const taken = new Set<number>();
  const claim = async (use: string, port: number): Promise<boolean> => {
    if (taken.has(port) || !(await take(port))) return false;
    chosen[use] = port;
    taken.add(port);
    return true;
  };
  // Kept ports first, for all uses, so that a new part cannot take the port an old one had.
  for (const use of uses) {
    const last = kept[use];
    if (last !== undefined) await claim(use, last);
  }
  for (const use of uses) {
    if (chosen[use] === undefined) await claimNext(use, shift, claim);
  }
  return chosen;
}

async function claimNext(
  use: string,
  shift: number,
  claim: (use: string, port: number) => Promise<boolean>,
): Promise<void> {
  const start = (PREFERRED[use] ?? OTHERS) + shift;
  for (let step = 0; step < LAST - FIRST; step++) {
    const port = FIRST + ((start - FIRST + step) % (LAST - FIRST));
    if (await claim(use, port)) return;
  }
  throw new StackError(stackErrors.noPort, `for ${use}`);
}

/** Free now, and claimed by no other mesh that is just starting. */
async function takePort(port: number): Promise<boolean> {
  const claims = new PortClaims();
  if (!claims.claim(port)) return false;
  if (await portIsFree(port)) return true;
  claims.release(port);
  return false;
}

/** True when we can listen there now. A listener on 0.0.0.0 occupies the loopback port too. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => resolve(true));
    });
  });
}

/** The ports of the last start; none if it was never started. */
export function readPorts(file: string): Ports {
  return readWhole<Ports>(file) ?? {};
}

/** Remembers them, so that addresses stay what they were. */
export function keepPorts(file: string, ports: Ports): void {
  writeWhole(file, `${JSON.stringify(ports, null, 2)}\n`, 0o644);
}
