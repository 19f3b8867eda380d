/** TypeScript text of an Avro record schema: one exported type per named record, documented from the schema. */

const PRIMITIVES = {
  string: 'string',
  long: 'number',
  int: 'number',
  double: 'number',
  float: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** What a number means where Avro's logical type says more than `number` does. */
const UNITS = {
  date: 'Days since 1970-01-01.',
  'timestamp-millis': 'Milliseconds since 1970-01-01T00:00:00Z.',
};

/**
 * @param schema the parsed Avro record schema
 * @param source the schema's path, named in the file's first line
 */
export function recordTypes(schema, source) {
  const types = [];
  declare(schema, types);
  return `// Generated from ${source}; do not edit.\n\n${types.join('\n')}`;
}

/** Adds the type of a record after those of the records inside it, so that each is declared before it is used. */
function declare(schema, types) {
  const lines = schema.fields.map((field) => fieldText(field, types));
  types.push(`${comment(schema.doc, '')}export type ${schema.name} = {\n${lines.join('')}};\n`);
  return schema.name;
}

function fieldText(field, types) {
  const doc = [field.doc, unitOf(field.type)].filter(Boolean).join(' ');
  return `${comment(doc, '  ')}  ${field.name}: ${typeText(field.type, types)};\n`;
}

function typeText(type, types) {
  if (Array.isArray(type)) {
    // null last: `string | null` is how the rest of the code writes it
    const branches = type.map((branch) => typeText(branch, types));
    return [...branches.filter((b) => b !== 'null'), ...branches.filter((b) => b === 'null')].join(
      ' | ',
    );
  }
  if (typeof type === 'string') return PRIMITIVES[type] ?? type;
  if (type.type === 'record') return declare(type, types);
  if (type.type === 'enum') return type.symbols.map((symbol) => `'${symbol}'`).join(' | ');
  if (type.type === 'array') return `${typeText(type.items, types)}[]`;
  return typeText(type.type, types);
}

function unitOf(type) {
  const branches = Array.isArray(type) ? type : [type];
  const logical = branches.find((branch) => branch?.logicalType)?.logicalType;
  return logical === undefined ? null : UNITS[logical];
}

function comment(doc, indent) {
  return doc ? `${indent}/** ${doc.replaceAll('*/', '* /')} */\n` : '';
}
