import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { jsonOf } from '../json-file.js';
import { card, optionsOf, print, table } from '../output.js';
import { motionLines, registerDecisions, registerEnd } from './motion.js';
import type { Motion, MotionKind } from './motion.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Rule = {
  name: string;
  purposes: string[];
  organisations: string[];
  products: string[];
  classifications: string[];
  longestDays: number;
};
type Policy = Motion & {
  inForce: boolean;
  demands: Record<string, string[]>;
  autoGrant: Rule[];
};

const POLICY: MotionKind<Policy> = {
  path: '/v1/grant-policies',
  noun: 'a policy for grants',
  card: policyCard,
};

/** `mesh grant-policy list|show|propose|approve|refuse|end` */
export function registerGrantPolicy(program: Command, io: Io): void {
  const policy = program
    .command('grant-policy')
    .description('what requests for grants have to state, and what is granted with nobody asked');
  paged(policy.command('list').description('policies, newest first')).action(
    (_: unknown, command: Command) => list(io, command),
  );
  policy
    .command('show <id>')
    .description('one of them: what it demands of each purpose, and its rules')
    .action((id: string, _: unknown, command: Command) => show(io, id, command));
  policy
    .command('propose <file>')
    .description('propose a policy to the governance leads, from a JSON file')
    .requiredOption('--reason <text>', 'why')
    .action((file: string, _: unknown, command: Command) => propose(io, file, command));
  registerDecisions(policy, io, POLICY);
  registerEnd(policy, io, POLICY);
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions>(command);
  const reply = await api(io, options).get<{ items: Policy[] }>(POLICY.path, pageOf(options));
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'RULES', 'STATE', 'HASH'],
      items.map((one) => [one.id, one.autoGrant.length, stateOf(one), one.contentHash]),
      'No policies: what the purposes have to state is as the templates say, and everything is asked.',
    ),
  );
}

async function show(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `${POLICY.path}/${encodeURIComponent(id)}`;
  print(io, options, await api(io, options).get<Policy>(path), policyCard);
}

async function propose(io: Io, file: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const given = { ...(await jsonOf(io, file)), reason: options.reason };
  print(io, options, await api(io, options).post<Policy>(POLICY.path, given), policyCard);
}

const stateOf = ({ state, inForce }: Policy): string => (inForce ? `${state}, in force` : state);

function policyCard(one: Policy): string {
  const demands = Object.entries(one.demands).map(([purpose, terms]): [string, string] => [
    `demands of ${purpose}`,
    terms.join(', '),
  ]);
  return [
    card([['id', one.id], ['state', stateOf(one)], ...demands, ...motionLines(one)]),
    table(
      ['RULE', 'PURPOSES', 'ORGANISATIONS', 'PRODUCTS', 'FIELDS', 'LONGEST'],
      one.autoGrant.map((rule) => [
        ...[rule.name, rule.purposes, rule.organisations, rule.products, rule.classifications],
        `${rule.longestDays} days`,
      ]),
      'Nothing is granted with nobody asked.',
    ),
  ].join('\n');
}
