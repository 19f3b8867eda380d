import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { names, PRODUCT_CARE_SETTINGS } from '@caremesh/contract';
import { recordTypes } from '@caremesh/contract/record-types';
import { cliError, meshErrors } from '../errors.js';
import { exists, filled, write } from './templates.js';
import type { Files, Words } from './templates.js';

export type Organisation = { ods: string; organisation: string };

/** A domain named after no care setting says `community` until its team knows better. */
const CARE_SETTINGS = new Set<string>(PRODUCT_CARE_SETTINGS);

/**
 * Writes a domain with one product. @returns the paths written.
 * @throws MESH-6508 for a name the mesh does not allow, MESH-6513 if the domain is there already.
 */
export async function newDomain(
  root: string,
  domain: string,
  product: string,
  by: Organisation,
): Promise<string[]> {
  refuse(names.domainNameFault(domain) ?? names.productNameFault(product));
  for (const folder of [join('apps', domain), join('schemas', domain)])
    if (await exists(join(root, folder)))
      throw cliError(meshErrors.alreadyThere, `${folder} exists.`);
  const words = wordsOf(domain, product, by);
  const files = await filled('domain', join('apps', domain), words);
  for (const [path, text] of await productFiles(words)) files.set(path, text);
  await write(root, files);
  return [...files.keys()].sort();
}

/** Writes a product of a domain that is there, and names it in the domain's definition. @returns the paths written. */
export async function newProduct(root: string, domain: string, product: string): Promise<string[]> {
  refuse(names.domainNameFault(domain) ?? names.productNameFault(product));
  const definition = join('apps', domain, 'src', 'domain.ts');
  if (!(await exists(join(root, definition))))
    throw cliError(meshErrors.unknownDomain, `${definition} does not exist.`);
  const organisationFile = join('apps', domain, 'src', 'organisation.ts');
  const by = organisationOf(await readFile(join(root, organisationFile), 'utf8').catch(() => ''));
  const words = wordsOf(domain, product, by);
  const text = withProduct(await readFile(join(root, definition), 'utf8'), words);
  const files = await productFiles(words);
  await write(root, files);
  await writeFile(join(root, definition), text);
  return [...files.keys(), definition].sort();
}

async function productFiles(words: Words): Promise<Files> {
  const { domain = '', product = '' } = words;
  const schemas = join('schemas', domain, product, 'v1');
  const files = await filled('product/schema', schemas, words);
  const app = await filled('product/app', join('apps', domain, 'src'), words);
  for (const [path, text] of app) files.set(path, text);
  const source = join(schemas, 'schema.avsc');
  const schema = JSON.parse(files.get(source)!) as object;
  const types = join('apps', domain, 'src', 'products', product, 'record.gen.ts');
  files.set(types, recordTypes(schema, source));
  return files;
}

function refuse(fault: string | null): void {
  if (fault === null) return;
  throw cliError(meshErrors.usage, `<domain>/<product> cannot be called so: ${fault}.`);
}

function wordsOf(domain: string, product: string, { ods, organisation }: Organisation): Words {
  const record = names.recordName(product);
  return {
    domain,
    product,
    ods,
    organisation,
    Record: record,
    camel: record.charAt(0).toLowerCase() + record.slice(1),
    namespace: names.avroNamespace(domain),
    productTitle: sentence(product),
    productLower: product.replaceAll('-', ' '),
    domainTitle: sentence(domain),
    domainLower: domain.replaceAll('-', ' '),
    careSetting: CARE_SETTINGS.has(domain) ? domain : 'community',
  };
}

const sentence = (name: string): string =>
  name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');

function organisationOf(text: string): Organisation {
  const ods = /ods: '([A-Z0-9]+)'/.exec(text)?.[1];
  const organisation = /name: '([^']+)'/.exec(text)?.[1];
  if (!ods || !organisation)
    throw cliError(meshErrors.usage, 'src/organisation.ts of the domain names no organisation.');
  return { ods, organisation };
}

/** The domain's definition with one more source and product. */
function withProduct(text: string, { camel, product }: Words): string {
  const listed = text
    .replace(/^export const/m, `${importsOf(camel!, product!)}export const`)
    .replace(/(sources: \[[^\]]*)\]/, `$1, ${camel}Source]`)
    .replace(/(products: \[[^\]]*)\]/, `$1, ${camel}Product]`);
  if (!listed.includes(`, ${camel}Source]`) || !listed.includes(`, ${camel}Product]`))
    throw cliError(
      meshErrors.usage,
      'src/domain.ts lists its sources and products in a way of its own.',
    );
  return listed.replace(/\n\nimport/g, '\nimport');
}

const importsOf = (camel: string, product: string): string =>
  `import { ${camel}Product } from './products/${product}/product.js';\n` +
  `import { ${camel}Source } from './sources/${product}.js';\n\n`;
