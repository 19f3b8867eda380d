import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StackError, stackErrors } from '../errors.js';
import type { Service } from '../home/workspace.js';
import type { Component } from '../supervisor/component.js';
import { answerOf } from './answers.js';

type Options = {
  root: string;
  ports: number[];
  after: string[];
  environment: NodeJS.ProcessEnv;
};

/**
 * Services through which no stream of records flows under load, or only what a few grants ask for. A nursery of 2 MiB
 * in place of V8's 16 spares each of them 40 MiB (116 against 76 measured at start), at the price of more frequent
 * small collections.
 */
const FEW_AT_A_TIME = /^(identity|care-disclosure|output-ports)(-\d+)?$/;
/** Read much and keep little: every record, and what a question to the catalogue finds. */
const READS_MUCH = /^(governance|monitor)(-\d+)?$/;
/**
 * What comes behind: its promises are in seconds, those of intake in milliseconds. On two cores kept busy, what a sender waits for
 * goes first: at 10 a follower still has a tenth of what the others have, at 5 a third (ADR 033).
 */
const FOLLOWS = /^(disclosure|care-disclosure|output-ports|monitor)(-\d+)?$/;
const NICENESS = 10;
/**
 * MiB. Where records flow, twice V8's own: of a file's records most are gone before a nursery of 32 is full, and with one of 8 a sixth of
 * the time went into moving them (3,000 to 4,300 against 4,700 to 4,900 care contacts a second). What starting filled of it is given back
 * (`give-back.ts` of libs/platform). The monitor spent more than a third of its time on one of 2.
 */
const NURSERY = { few: 2, some: 8, many: 32 };

/** One of our own services: `apps/<name>/dist/main.js` on the project's own Node. */
export function service(of: Service, options: Options): Component {
  const port = options.ports[0] ?? 0;
  return {
    name: of.name,
    after: options.after,
    ports: options.ports,
    stopSignal: 'SIGTERM',
    prepare: async () => {
      if (!existsSync(of.main)) throw new StackError(stackErrors.notBuilt, of.main);
    },
    launch: () => ({
      file: join(options.root, 'node_modules', 'node', 'bin', 'node'),
      args: [
        `--max-semi-space-size=${nurseryOf(of.name)}`,
        // V8's four threads would copy what lives on side by side: on two cores they wait for each other and whoever is
        // served waits for all of them (23 % of a busy domain's CPU, 18 with one; 3,900 against 4,200 care contacts a second).
        '--no-parallel-scavenge',
        // Else V8 lets a small heap through which bytes flow grow by a third only, and marks all of it three times a second. It begins
        // with room for all its nurseries left to the limit: if a heap may double, that of a relay's thread still has none, and one of
        // 84 MB is marked after 40 more. At three times, V8's threads took 4 to 5 microseconds of a view's record, not 8 (ADR 034).
        '--heap-growing-percent=200',
        '--enable-source-maps',
        of.main,
      ],
      env: options.environment,
      cwd: options.root,
      ...(FOLLOWS.test(of.name) ? { niceness: NICENESS } : {}),
    }),
    probe: () => isServing(port),
    alive: async () => (await answerOf(`http://127.0.0.1:${port}/health/live`))?.status === 200,
  };
}

function nurseryOf(name: string): number {
  if (READS_MUCH.test(name)) return NURSERY.some;
  return FEW_AT_A_TIME.test(name) ? NURSERY.few : NURSERY.many;
}

/**
 * Ready, or waiting for a decision only people can make: a domain whose contract nobody approved yet is
 * as up as it can be.
 */
async function isServing(port: number): Promise<boolean> {
  const answer = await answerOf(`http://127.0.0.1:${port}/health/ready`);
  if (answer === null) return false;
  return answer.status === 200 || waitsForApproval(answer.text);
}

function waitsForApproval(text: string): boolean {
  try {
    return (JSON.parse(text) as { waitingFor?: string }).waitingFor === 'approval';
  } catch {
    return false;
  }
}
