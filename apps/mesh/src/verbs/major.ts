import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';

type Parity = {
  product: string;
  from: number;
  to: number;
  countedAt: string;
  liveFrom: number;
  liveTo: number;
  onlyInFrom: number;
  onlyInTo: number;
  inBoth: number;
  fields: { field: string; agree: number }[];
};

type Major = {
  product: string;
  major: number;
  topic: string;
  status: string;
  noticeUntil: string | null;
  ending?: Record<
    'topicUntil' | 'readClosedAt' | 'writeDeniedAt' | 'emptiedAt',
    string | null
  > | null;
  steps: {
    step: string;
    state: string;
    proposedBy: string;
    decidedBy: string | null;
    reason: string;
    noticeUntil: string | null;
  }[];
  consumers: {
    grant: string;
    organisation: string;
    purpose: string;
    requestedBy: string;
    lastReadAt: string | null;
  }[];
  /** How many more there are that whoever asks is not told of. */
  others?: number;
  parity: Parity[];
};

type StepOptions = { major: string; reason: string };

/** `mesh product major|deprecate|retire|approve|refuse|parity`: how a major ends beside a newer one. */
export function registerMajor(product: Command, io: Io): void {
  product
    .command('major <id> <number>')
    .description('a major with its consumers, when each last read, and the steps taken')
    .action((id: string, major: string, _: unknown, command: Command) =>
      showMajor(io, pathOf(id, major), command),
    );
  step(product, 'deprecate', 'ask for a major to be deprecated, with notice to its consumers')
    .requiredOption('--notice-until <date>', 'the last day on which it is kept at least')
    .action((id: string, _: unknown, command: Command) => {
      const options = optionsOf<StepOptions & { noticeUntil: string }>(command);
      const { reason, noticeUntil } = options;
      return ask(io, `${pathOf(id, options.major)}/deprecate`, { reason, noticeUntil }, command);
    });
  step(product, 'retire', 'ask for a deprecated major to be retired').action(
    (id: string, _: unknown, command: Command) => {
      const { major, reason } = optionsOf<StepOptions>(command);
      return ask(io, `${pathOf(id, major)}/retire`, { reason }, command);
    },
  );
  for (const decision of ['approve', 'refuse']) {
    step(product, decision, `${decision} the step of a major that waits`)
      .requiredOption('--step <step>', 'deprecate or retire')
      .action((id: string, _: unknown, command: Command) => {
        const { major, reason, step: which } = optionsOf<StepOptions & { step: string }>(command);
        const given = { decision, step: which, reason };
        return ask(io, `${pathOf(id, major)}/decisions`, given, command);
      });
  }
  product
    .command('parity <id>')
    .description('how the majors of a product compare, in numbers')
    .action((id: string, _: unknown, command: Command) => parity(io, id, command));
}

function step(product: Command, name: string, description: string): Command {
  return product
    .command(`${name} <id>`)
    .description(description)
    .requiredOption('--major <number>', 'which major')
    .requiredOption('--reason <text>', 'why');
}

const pathOf = (id: string, major: string) =>
  `/v1/products/${encodeURIComponent(id)}/majors/${encodeURIComponent(major)}`;

async function showMajor(io: Io, path: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  print(io, options, await api(io, options).get<Major>(path), majorCard);
}

async function ask(io: Io, path: string, given: object, command: Command): Promise<void> {
  const options = optionsOf(command);
  print(io, options, await api(io, options).post<Major>(path, given), majorCard);
}

async function parity(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `/v1/products/${encodeURIComponent(id)}/parity`;
  print(io, options, await api(io, options).get<{ items: Parity[] }>(path), ({ items }) =>
    parityText(items),
  );
}

function majorCard(held: Major): string {
  const steps = held.steps.map((one) => [
    one.step,
    one.state,
    one.proposedBy,
    one.decidedBy,
    one.noticeUntil,
    one.reason,
  ]);
  const consumers = held.consumers.map((one) => [
    one.organisation,
    one.grant,
    one.purpose,
    one.requestedBy,
    one.lastReadAt ?? 'never seen',
  ]);
  return [
    card([
      ['major', `${held.product} v${held.major}`],
      ['topic', held.topic],
      ['status', held.status],
      ['kept until at least', held.noticeUntil ?? 'no notice given'],
      ...endingRows(held),
      ...(held.others ? [['other consumers', held.others] satisfies [string, unknown]] : []),
    ]),
    table(
      ['ORGANISATION', 'GRANT', 'PURPOSE', 'REQUESTED BY', 'LAST READ'],
      consumers,
      held.others ? 'None that you are told of.' : 'Nobody reads it.',
    ),
    table(
      ['STEP', 'STATE', 'PROPOSED BY', 'DECIDED BY', 'NOTICE UNTIL', 'REASON'],
      steps,
      'No steps.',
    ),
    ...(held.parity.length > 0 ? [parityText(held.parity)] : []),
  ].join('\n\n');
}

function endingRows({ ending }: Major): [string, unknown][] {
  if (!ending) return [];
  return [
    ['read by nobody since', ending.readClosedAt ?? 'in a moment'],
    ['written by nobody since', ending.writeDeniedAt ?? 'in a moment'],
    ending.emptiedAt ? ['let go of', ending.emptiedAt] : ['records kept until', ending.topicUntil],
  ];
}

function parityText(reports: readonly Parity[]): string {
  const counts = reports.map((one) => [
    `v${one.from} and v${one.to}`,
    one.countedAt,
    ...[one.liveFrom, one.liveTo, one.inBoth, one.onlyInFrom, one.onlyInTo],
  ]);
  const differing = reports.flatMap((one) =>
    one.fields
      .filter(({ agree }) => agree < one.inBoth)
      .map(({ field, agree }) => [
        `v${one.from} and v${one.to}`,
        field,
        `${agree} of ${one.inBoth}`,
      ]),
  );
  const heads = ['MAJORS', 'COUNTED', 'LIVE', 'LIVE', 'IN BOTH', 'ONLY IN FIRST', 'ONLY IN SECOND'];
  return [
    table(heads, counts, 'No two majors are compared.'),
    ...(differing.length > 0 ? [table(['MAJORS', 'FIELD', 'THE SAME IN'], differing)] : []),
  ].join('\n\n');
}
