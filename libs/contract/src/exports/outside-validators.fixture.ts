import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { Parser } from '@asyncapi/parser';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { JsonLdParser } from 'jsonld-streaming-parser';
import { Parser as Turtle, Store, type Quad } from 'n3';
import ShaclValidator from 'rdf-validate-shacl';

/** For specs only: validators that nobody in this project wrote. Each answers what it finds wrong, in its own words. */
const SAMPLES = resolve(import.meta.dirname, '../../../testing/samples');
const sample = (path: string) => readFileSync(join(SAMPLES, path), 'utf8');

/** By the official JSON Schema of ODPS 1.0.0. */
export function odpsFaults(document: object): string[] {
  const ajv = addFormats.default(new Ajv2019({ strict: false, allErrors: true }));
  const validate = ajv.compile(JSON.parse(sample('odps/odps-json-schema-v1.0.0.json')) as object);
  validate(document);
  return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
}

/** By AsyncAPI's own parser, with its Avro plug-in. Errors and warnings; hints are matters of style. */
export async function asyncApiFaults(document: object): Promise<string[]> {
  const parser = new Parser();
  parser.registerSchemaParser(AvroSchemaParser());
  const { diagnostics } = await parser.parse(JSON.stringify(document));
  return diagnostics
    .filter(({ severity }) => severity <= 1)
    .map(({ path, message }) => `${path.join('.')} ${message}`);
}

/** By the SHACL shapes of DCAT-AP 3.0.1, the classes of what is referred to included. */
export async function dcatFaults(document: object): Promise<string[]> {
  const shapes = new Store(
    ['dcat-ap-SHACL.ttl', 'ranges.ttl'].flatMap((file) =>
      new Turtle().parse(sample(`dcat-ap/${file}`)),
    ),
  );
  const quads: Quad[] = [];
  const source = Readable.from([JSON.stringify(document)]).pipe(new JsonLdParser());
  for await (const quad of source) quads.push(quad as Quad);
  const report = await new ShaclValidator(shapes).validate(new Store(quads));
  return report.results.map(
    (one) => `${one.focusNode?.value} ${one.path?.value} ${one.message.map((m) => m.value).join()}`,
  );
}
