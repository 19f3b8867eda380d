import { Option, type Command } from 'commander';
import { cliError, meshErrors } from '../errors.js';
import type { Io } from '../io.js';
import { optionsOf } from '../output.js';
import { clientToken, personToken, type Audience } from '../sign-in.js';

type TokenOptions = { client?: string; audience: Audience };

/** `mesh token --as <user> | --client <id>`: the access token alone on one line. */
export function registerToken(program: Command, io: Io): void {
  program
    .command('token')
    .description('print an access token of a seeded person or of a service (development and test)')
    .option('--client <id>', 'client id of a domain or service, such as domain-gp')
    .addOption(
      new Option('--audience <audience>', 'who the token is for')
        .choices(['mesh-api', 'mesh-kafka', 'mesh-registry'])
        .default('mesh-api'),
    )
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<TokenOptions>(command);
      io.stdout(`${await token(io, options)}\n`);
    });
}

async function token(io: Io, options: TokenOptions & { as?: string }): Promise<string> {
  if (options.client && options.as) {
    throw cliError(
      meshErrors.usage,
      'Give either --as <user> or --client <id>: one token is printed.',
    );
  }
  if (options.client) return clientToken(io, options.client, options.audience);
  if (options.as) return personToken(io, options.as, options.audience);
  throw cliError(meshErrors.usage, 'Give --as <user> or --client <id>.');
}
