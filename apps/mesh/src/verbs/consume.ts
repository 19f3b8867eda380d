import type { Command } from 'commander';
import { credentialFor, withCredential, type CredentialChoice } from '../consume/credential.js';
import { readRecords, type Printed } from '../consume/read.js';
import { cliError, meshErrors } from '../errors.js';
import type { Io } from '../io.js';
import { positive, wholeNumber } from '../numbers.js';
import { optionsOf, type CommonOptions } from '../output.js';

type ConsumeOptions = CredentialChoice & {
  topic?: string;
  fromBeginning?: boolean;
  limit?: number;
  idle?: number;
};

/** `mesh consume <grant>`: what a granted topic holds, one JSON line per record. */
export function registerConsume(program: Command, io: Io): void {
  const reading = program
    .command('consume')
    .argument('<grant>', 'id of the grant')
    .description('read the records of a grant, decoded, one JSON line each; ends with Ctrl-C')
    .option('--from-beginning', 'everything there is (else: from where this command last ended)')
    .option('--limit <n>', 'end after so many records', wholeNumber)
    .option('--idle <seconds>', 'end when nothing came for so long', positive)
    .option('--topic <topic>', 'only this topic of the grant');
  withCredential(reading)
    .addHelpText('after', HELP)
    .action((grant: string, _: unknown, command: Command) =>
      consume(io, grant, optionsOf<ConsumeOptions>(command)),
    );
}

const HELP = `
Prints the value of each record; with -o json also topic, partition, offset, timestamp, key and headers.
A tombstone prints null: forget what you hold under its key.`;

async function consume(
  io: Io,
  grant: string,
  options: ConsumeOptions & CommonOptions,
): Promise<void> {
  if (!/^[a-z0-9]{8,26}$/.test(grant)) throw cliError(meshErrors.usage, 'That is no grant id.');
  const credential = await credentialFor(io, grant, options);
  const topics = credential.topics.filter((topic) => !options.topic || topic === options.topic);
  if (topics.length === 0) throw cliError(meshErrors.usage, 'The grant has no such topic.');
  const interrupted = interruption();
  const read = await readRecords(
    credential,
    {
      topics,
      fromBeginning: options.fromBeginning ?? false,
      limit: options.limit ?? null,
      idleMs: options.idle === undefined ? null : options.idle * 1_000,
      signal: interrupted.signal,
    },
    (record) => io.stdout(`${JSON.stringify(shown(record, options))}\n`),
  ).finally(() => interrupted.done());
  io.stderr(`${read} ${read === 1 ? 'record' : 'records'}\n`);
}

function shown(record: Printed, { output }: CommonOptions): unknown {
  return output === 'json' ? record : record.value;
}

/** Ctrl-C ends the reading, not the process: what was printed is then committed and the group left. */
function interruption() {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    done: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
