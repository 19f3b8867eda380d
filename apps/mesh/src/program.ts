import { Command, CommanderError, Option } from 'commander';
import { CliError, cliError, EXIT, meshErrors } from './errors.js';
import type { Io } from './io.js';
import { printError, type CommonOptions } from './output.js';
import { registerAggregate } from './verbs/aggregate.js';
import { registerAgreement } from './verbs/agreement.js';
import { registerGrantPolicy } from './verbs/grant-policy.js';
import { registerPseudonymKey } from './verbs/pseudonym-key.js';
import { registerAudit } from './verbs/audit.js';
import { registerChoice } from './verbs/choice.js';
import { registerContract } from './verbs/contract.js';
import { registerCover } from './verbs/cover.js';
import { registerDomain } from './verbs/domain.js';
import { registerDrift } from './verbs/drift.js';
import { registerGrant } from './verbs/grant.js';
import { registerOrganisation } from './verbs/organisation.js';
import { DOCUMENTS, registerField } from './verbs/product-views.js';
import { registerProduct } from './verbs/product.js';
import { registerPort } from './verbs/port.js';
import { registerProposal } from './verbs/proposal.js';
import { registerConsume } from './verbs/consume.js';
import { registerIntake } from './verbs/intake.js';
import { registerNew } from './verbs/new.js';
import { registerQuarantine } from './verbs/quarantine.js';
import { registerAdoption } from './verbs/adoption.js';
import { registerRetention } from './verbs/retention.js';
import { asItStands, registerStack } from './verbs/stack.js';
import { registerStandard } from './verbs/standard.js';
import { registerToken } from './verbs/token.js';
import { registerView } from './verbs/view.js';
import { registerWaiver } from './verbs/waiver.js';

/** Every verb, one line each: add yours here; help lists them in this order. */
const verbs: ((program: Command, io: Io) => void)[] = [
  registerStack,
  registerAggregate,
  registerAgreement,
  registerGrantPolicy,
  registerPseudonymKey,
  registerAudit,
  registerChoice,
  registerContract,
  registerCover,
  registerDomain,
  registerDrift,
  registerField,
  registerGrant,
  registerOrganisation,
  registerPort,
  registerProduct,
  registerProposal,
  registerConsume,
  registerIntake,
  registerNew,
  registerQuarantine,
  (program, io) => registerAdoption(registerStandard(program, io), io),
  registerRetention,
  registerToken,
  registerView,
  registerWaiver,
];

/** The whole command line. Common options may stand before or after the verb. */
function buildProgram(io: Io): Command {
  const program = new Command('mesh')
    .description('Caremesh: a data mesh for health and care')
    .addOption(
      new Option('-o, --output <format>', 'how to print; env: `mesh status` alone')
        .choices(['table', 'json', 'env'])
        .default('table'),
    )
    .option('--as <user>', 'act as this seeded person (development and test)')
    .option('--debug', 'print stack traces')
    .configureHelp({ showGlobalOptions: true })
    // What it says of a line it does not understand is printed by printError, with a code, as every failure is.
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      outputError: () => undefined,
    })
    .exitOverride()
    .hook('preAction', refuseEnvironment);
  for (const register of verbs) register(program, io);
  inheritSettings(program);
  return program;
}

/** Only where a mesh listens makes lines for a shell; elsewhere they would be a table all the same. */
function refuseEnvironment(program: Command, verb: Command): void {
  const isStatus = verb.name() === 'status' && verb.parent === program;
  if (program.opts<CommonOptions>().output !== 'env' || isStatus) return;
  throw cliError(meshErrors.usage, '-o env is understood by `mesh status` alone.');
}

/** Commander copies settings to subcommands only when they are made after them; verbs come with their own. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

/** `product export --as odps` says which document, not which person: `--as` has two meanings there. */
function withDocument(argv: string[]): string[] {
  if (!argv.includes('export') || !argv.includes('product')) return argv;
  return argv.map((word, at) =>
    word === '--as' && DOCUMENTS.includes(argv[at + 1] ?? '') ? '--format' : word,
  );
}

/**
 * Runs one command line and gives the exit code: 0 ok, 1 check failed, 2 usage, 3 not authorised,
 * 4 not found, 5 unavailable. A verb fails by throwing (a failed check too, after printing it).
 */
export async function run(argv: string[], outside: Io): Promise<number> {
  const io = watched(outside);
  const program = buildProgram(io);
  try {
    await program.parseAsync(withDocument(argv), { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError))
      return printError(io, asItStands(io, error), program.opts<CommonOptions>());
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === 'commander.help') return EXIT.usage;
    // The line was not read to its end: what it asks for is looked for in its words.
    const fix = `See \`npx ${named(program, argv)} --help\`.`;
    const why = error.message.replace(/^error: /, '');
    const misunderstood = new CliError({ ...meshErrors.usage, detail: why, fix });
    return printError(io, misunderstood, asksForJson(argv) ? { output: 'json' } : {});
  }
}

/** The command that a line names, as far as it could be followed: `mesh grant revoke`. */
function named(program: Command, argv: string[]): string {
  const path = ['mesh'];
  let command = program;
  for (const word of argv) {
    const next = command.commands.find((one) => one.name() === word);
    if (!next) continue;
    path.push(word);
    command = next;
  }
  return path.join(' ');
}

/** The same outside, remembering whether anything was printed to standard output. */
function watched(io: Io): Io & { printed: boolean } {
  const own = { ...io, printed: false };
  own.stdout = (text) => {
    own.printed = true;
    io.stdout(text);
  };
  return own;
}

const asksForJson = (argv: string[]): boolean =>
  argv.some(
    (word, at) =>
      /^(?:-o=?|--output=)json$/.test(word) ||
      (/^(?:-o|--output)$/.test(word) && argv[at + 1] === 'json'),
  );
