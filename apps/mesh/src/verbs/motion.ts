import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print } from '../output.js';

/** What somebody puts to others who decide, as governance answers with it. */
export type Motion = {
  id: string;
  state: string;
  contentHash: string;
  proposedBy: string;
  reason: string;
};

/** A kind of motion: where it is asked for, what it is called, and how one is shown. */
export type MotionKind<M extends Motion> = {
  path: string;
  /** With its article: `an agreement`. */
  noun: string;
  card: (motion: M) => string;
};

/** Adds `approve <id>` and `refuse <id>`, which name the hash of what was read. */
export function registerDecisions<M extends Motion>(
  group: Command,
  io: Io,
  { path, noun, card }: MotionKind<M>,
): void {
  for (const decision of ['approve', 'refuse'])
    group
      .command(`${decision} <id>`)
      .description(`${decision} ${noun}`)
      .requiredOption('--hash <hash>', 'the contentHash of what you read')
      .requiredOption('--reason <text>', 'why')
      .action(async (id: string, _: unknown, command: Command) => {
        const options = optionsOf<{ hash: string; reason: string }>(command);
        const given = { decision, contentHash: options.hash, reason: options.reason };
        const to = `${path}/${encodeURIComponent(id)}/decisions`;
        print(io, options, await api(io, options).post<M>(to, given), card);
      });
}

/** Adds `end <id>`, which takes back what is proposed too. */
export function registerEnd<M extends Motion>(group: Command, io: Io, kind: MotionKind<M>): void {
  registerStop(group, io, kind, 'end', `end ${kind.noun}, or take a proposed one back`);
}

/** Adds `withdraw <id>`, for what cannot be ended once it is decided. */
export function registerWithdraw<M extends Motion>(
  group: Command,
  io: Io,
  kind: MotionKind<M>,
): void {
  registerStop(group, io, kind, 'withdraw', `take ${kind.noun} back before it is decided`);
}

function registerStop<M extends Motion>(
  group: Command,
  io: Io,
  { path, card }: MotionKind<M>,
  move: 'end' | 'withdraw',
  description: string,
): void {
  group
    .command(`${move} <id>`)
    .description(description)
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, _: unknown, command: Command) => {
      const options = optionsOf<{ reason: string }>(command);
      const to = `${path}/${encodeURIComponent(id)}/${move}`;
      print(io, options, await api(io, options).post<M>(to, { reason: options.reason }), card);
    });
}

/** The lines that every motion's card ends with. */
export const motionLines = (one: Motion): [string, string][] => [
  ['hash', one.contentHash],
  ['proposed by', one.proposedBy],
  ['reason', one.reason],
];
