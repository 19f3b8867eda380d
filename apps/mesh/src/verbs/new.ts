import type { Command } from 'commander';
import type { Io } from '../io.js';
import { cliError, meshErrors } from '../errors.js';
import { optionsOf, printValue } from '../output.js';
import { newDomain, newProduct } from '../scaffold/scaffold.js';
import type { Organisation } from '../scaffold/scaffold.js';

type DomainOptions = Organisation & { product: string };
type Written = { domain: string; product: string; files: string[]; next: string[] };

/** `mesh new domain <name>` and `mesh new product <domain>/<name>`: a small one that works, to be made one's own. */
export function registerNew(program: Command, io: Io): void {
  const command = program.command('new').description('write a new domain or product to start from');
  command
    .command('domain <name>')
    .description('write apps/<name>/ and schemas/<name>/; nothing else is changed')
    .option('--product <name>', 'its first product', 'contact')
    .option('--ods <code>', 'ODS code of the organisation that runs it', 'X26')
    .option('--organisation <name>', 'name of that organisation', 'NHS England')
    .action(async (name: string, _: unknown, own: Command) => {
      const options = optionsOf<DomainOptions>(own);
      checkOrganisation(options);
      const files = await newDomain(io.root, name, options.product, options);
      printValue(io, options, written(name, options.product, files), said);
    });
  command
    .command('product <domain/name>')
    .description('write another product of a domain: source, mapping, contract, examples')
    .action(async (id: string, _: unknown, own: Command) => {
      const [domain = '', product = '', ...rest] = id.split(/[/.]/);
      if (rest.length > 0) throw cliError(meshErrors.usage, 'Give it as <domain>/<name>.');
      const files = await newProduct(io.root, domain, product);
      printValue(io, optionsOf(own), written(domain, product, files), said);
    });
}

/** Both are put into source text as they are. */
function checkOrganisation({ ods, organisation }: Organisation): void {
  if (!/^[A-Z0-9]{3,10}$/.test(ods)) throw cliError(meshErrors.usage, '--ods is no ODS code.');
  if (!/^[\p{L}\p{N} .,&()-]{2,120}$/u.test(organisation))
    throw cliError(meshErrors.usage, '--organisation has characters a name does not need.');
}

const written = (domain: string, product: string, files: string[]): Written => ({
  domain,
  product,
  files,
  next: [
    `npx mesh contract lint schemas/${domain}/${product}/v1`,
    'npm install               # records the new workspace in package-lock.json',
    'npm run build',
    'npx mesh down',
    'npx mesh up --detach      # the domain starts and waits for approval (`npm start` would give it one, as a demonstration)',
    `npx mesh contract propose schemas/${domain}/${product}/v1 --reason "First version" --as ${domain}-publisher`,
  ],
});

const said = ({ domain, product, files, next }: Written): string =>
  [
    `Wrote ${domain}.${product}:`,
    ...files.map((file) => `  ${file}`),
    '',
    'Next:',
    ...next.map((line) => `  ${line}`),
  ].join('\n');
