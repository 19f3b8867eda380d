import type { Command } from 'commander';
import { Option } from 'commander';
import { cliError, meshErrors } from '../errors.js';
import { serviceApi } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print, table } from '../output.js';

type AggregateOptions = {
  product: string;
  measure: string;
  unit: string;
  by?: string;
  where?: string[];
  having?: string[];
  of?: string;
};
type Answer = {
  product: string;
  measure: string;
  unit: string;
  rules: { name: string; threshold: number; roundTo: number };
  asOf: string | null;
  cells: {
    by: Record<string, string | null>;
    value: number | null;
    suppressed: string | null;
    notCounted?: number;
  }[];
  total: number | null;
  tables: { told: number; most: number };
};

const HAVING_IS_OF_RATES = '--having is for --measure rate; for other measures use --where.';

/** `mesh aggregate`: counts, rates and means of a granted view, with small numbers suppressed. */
export function registerAggregate(program: Command, io: Io): void {
  program
    .command('aggregate <grant>')
    .description('counts, rates and means of a granted view; its output port must be open')
    .requiredOption('--product <id>', 'of which product')
    .addOption(
      new Option('--measure <what>', 'what to tell')
        .choices(['count', 'rate', 'mean'])
        .default('count'),
    )
    .addOption(
      new Option('--unit <unit>', 'what is counted')
        .choices(['people', 'records'])
        .default('people'),
    )
    .option('--by <columns>', 'a row for each value of these, with commas')
    .option('--where <column=value...>', 'only these; a column may be given several times')
    .option('--having <column=value...>', 'rate: how many of them are so')
    .option('--of <column>', 'mean: of which number')
    .action((id: string, _: unknown, command: Command) => aggregate(io, id, command));
}

async function aggregate(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<AggregateOptions>(command);
  const { product, measure, unit, by, where, having, of } = options;
  // The port would refuse it too, but names a field of its own and no option.
  if (having && measure !== 'rate') throw cliError(meshErrors.usage, HAVING_IS_OF_RATES);
  const question = {
    ...{ product, measure, unit, of },
    ...(by && { by: by.split(',') }),
    ...(where && { where: conditionOf(where) }),
    ...(having && { having: conditionOf(having) }),
  };
  const path = `/v1/grants/${encodeURIComponent(id)}/aggregates`;
  const reply = await serviceApi(io, 'output-ports', options).post<Answer>(path, question);
  print(io, options, reply, answerText);
}

/** `status=active status=on-hold`: one of both. Throws MESH-6508 for what has no `=`. */
function conditionOf(words: string[]): Record<string, string[]> {
  const condition = new Map<string, string[]>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw cliError(meshErrors.usage, `"${word}" is not column=value.`);
    const column = word.slice(0, at);
    condition.set(column, [...(condition.get(column) ?? []), word.slice(at + 1)]);
  }
  return Object.fromEntries(condition);
}

function answerText({ product, measure, unit, rules, asOf, cells, total, tables }: Answer): string {
  const columns = Object.keys(cells[0]?.by ?? {});
  const unitOf = measure === 'rate' ? '%' : measure === 'mean' ? 'MEAN' : unit.toUpperCase();
  return [
    table(
      [...columns.map((column) => column.toUpperCase()), unitOf, 'NOT TOLD'],
      cells.map(({ by, value, suppressed, notCounted }) => [
        ...columns.map((column) => by[column] ?? '(none)'),
        ...[suppressed ? '*' : value, suppressed ?? partly(notCounted)],
      ]),
      'Nobody, or too few to say.',
    ),
    ...(total === null ? [] : [`total of what is told: ${total}`]),
    `1 to ${rules.threshold} suppressed, the rest to the nearest ${rules.roundTo} (${rules.name}); as of ${asOf ?? 'nothing yet'}`,
    `${tables.told} of ${tables.most} different tables of ${product} told`,
  ].join('\n');
}

/** Of a sum: what would belong to it and is not told counts for nothing. */
const partly = (notCounted: number | undefined): string | null =>
  notCounted === undefined ? null : `${notCounted} not counted`;
