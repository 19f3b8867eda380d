/** A contract version that a proposal must refuse: its files, and the code of a finding that says why. */
export type FaultyVersion = { kind: string; code: string; files: Record<string, string> };
type Schema = { fields: unknown[]; [name: string]: unknown };

const CONTRACT = 'contract.odcs.yaml';
const SCHEMA = 'schema.avsc';
const LEVELS = 10_000;

/** The ways in which a contract or its schema is wrong, each made from the files of a good first version. */
export function faultyVersions(good: Record<string, string>): FaultyVersion[] {
  const contract = (kind: string, code: string, change: (text: string) => string) => ({
    kind,
    code,
    files: { ...good, [CONTRACT]: change(good[CONTRACT] ?? '') },
  });
  const schema = (kind: string, code: string, change: (schema: Schema) => string) => ({
    kind,
    code,
    files: { ...good, [SCHEMA]: change(JSON.parse(good[SCHEMA] ?? '{}') as Schema) },
  });
  return [
    contract('contract-unknown-field', 'MESH-1201', (text) =>
      text.replace(/^status:/m, 'colour: red\nstatus:'),
    ),
    contract('contract-owner-missing', 'MESH-1315', (text) =>
      text.replace(/^team:\n(?: .*\n)+/m, ''),
    ),
    contract('contract-wrong-version-step', 'MESH-1502', (text) =>
      text.replace(/^version: .*$/m, "version: '1.7.0'"),
    ),
    schema('schema-nested-records', 'MESH-1003', nested),
    schema('schema-recursive', 'MESH-1102', (text) => withField(text, 'again', text['name'])),
    schema('schema-proto-name', 'MESH-1007', (text) => withField(text, '__proto__', 'string')),
  ];
}

function withField(schema: Schema, name: string, type: unknown): string {
  const field = { name, doc: 'A field.', type: ['null', type], default: null };
  return JSON.stringify({ ...schema, fields: [...schema.fields, field] });
}

/** Ten thousand records, each in the one before it, as text: built as an object it would take our own stack with it. */
function nested(schema: Schema): string {
  const open = Array.from(
    { length: LEVELS },
    (_, n) => `{"type":"record","name":"Level${n}","fields":[{"name":"in","type":`,
  );
  const text = `${open.join('')}"string"${'}]}'.repeat(LEVELS)}`;
  const fields = JSON.stringify(schema.fields).slice(0, -1);
  const rest = JSON.stringify({ ...schema, fields: undefined }).slice(0, -1);
  return `${rest},"fields":${fields},{"name":"deep","type":${text}}]}`;
}
