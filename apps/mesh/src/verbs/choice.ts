import {
  CHOICES,
  choiceApplies,
  COMMON_LAW,
  DATA_KINDS,
  EXEMPTIONS,
  PURPOSES,
} from '@caremesh/contract';
import type { Choice, Use } from '@caremesh/contract';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Io } from '../io.js';
import { optionsOf, printValue, table } from '../output.js';

/** `mesh choice applies`: which of a person's choices touch a use of their data, and why. Asks nobody: the table is a rule. */
export function registerChoice(program: Command, io: Io): void {
  const choice = program.command('choice').description('opt-outs and dissent');
  choice
    .command('applies')
    .description('which choices of a person touch a use of their data, and why')
    .addOption(named('--purpose <purpose>', 'what for', PURPOSES).makeOptionMandatory())
    .addOption(
      named(
        '--common-law <route>',
        'how the duty of confidence is met',
        COMMON_LAW,
      ).makeOptionMandatory(),
    )
    .addOption(
      named('--data <kind>', 'what the data says of a person', DATA_KINDS).default('confidential'),
    )
    .addOption(named('--exemption <exemption>', 'one that was decided', EXEMPTIONS))
    .action((_: unknown, command: Command) => applies(io, command));
}

const named = (flags: string, description: string, values: readonly string[]): Option =>
  new Option(flags, description).choices([...values]);

function applies(io: Io, command: Command): void {
  const options = optionsOf<Use>(command);
  const { purpose, commonLaw, data, exemption } = options;
  const choices = (Object.keys(CHOICES) as Choice[]).map((choice) => ({
    ...choiceApplies(choice, { purpose, commonLaw, data, exemption: exemption ?? null }),
    title: CHOICES[choice].title,
  }));
  printValue(io, options, { items: choices, next: null }, ({ items }) =>
    table(
      ['CHOICE', '', 'BECAUSE'],
      items.map(({ title, applies: does, reason }) => [title, does ? 'applies' : 'exempt', reason]),
    ),
  );
}
