import { describeType, type AvroField, type AvroType } from '../avro/tree.js';
import { CHANGE_TYPES } from '../envelope/headers.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { Rule } from './check.js';

const SYMBOLS = CHANGE_TYPES.join(', ');

/** Name and type of each field that every product record begins with (schemas/mesh/record-core/v1). */
const CORE: readonly (readonly [string, string])[] = [
  ['recordId', 'string'],
  ['nhsNumber', 'string or null'],
  ['nhsNumberStatus', 'string'],
  ['localPatientId', 'string or null'],
  ['localPatientIdIssuer', 'string or null'],
  ['publisherOds', 'string'],
  ['recordedAt', 'timestamp-millis'],
  ['sourceSystemUpdatedAt', 'timestamp-millis or null'],
  ['changeType', `enum ${SYMBOLS}`],
  ['survivorKey', 'string or null'],
];

/** The fixed core stands first, whole, in order. */
export const recordCore: Rule = {
  name: 'record-core',
  severity: 'blocks',
  run: ({ root }) =>
    root === null
      ? []
      : CORE.flatMap(([name, type], i) => coreFinding(root.fields[i], name, type, i)),
};

function coreFinding(
  field: AvroField | undefined,
  name: string,
  type: string,
  i: number,
): Finding[] {
  const path = `schema.avsc#fields[${i}]`;
  if (field?.name !== name) {
    return [
      finding(CONTRACT_ERRORS.coreBroken, path, `Field ${i + 1} of every record is \`${name}\`.`),
    ];
  }
  const given = described(field.type);
  if (given === type) return [];
  return [
    finding(
      CONTRACT_ERRORS.coreBroken,
      `${path}.type`,
      `\`${name}\` must be ${type}, not ${given}.`,
    ),
  ];
}

function described(type: AvroType): string {
  return type.kind === 'enum' && type.fallback === 'UNKNOWN'
    ? `enum ${type.symbols.join(', ')}`
    : describeType(type);
}
