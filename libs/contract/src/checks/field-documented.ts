import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { AvroRecord } from '../avro/tree.js';
import { withoutNull } from '../avro/tree.js';
import { placeOf, type Rule } from './check.js';

const SHORTEST = 8;

/** Every field says in a sentence what it means, in the contract and in the schema. */
export const fieldDocumented: Rule = {
  name: 'field-documented',
  severity: 'blocks',
  run: (subject) => [
    ...subject.contract.fields
      .filter(({ description }) => description.length < SHORTEST)
      .map(({ path }) =>
        finding(
          CONTRACT_ERRORS.fieldUndocumented,
          `${placeOf(subject, path)}.description`,
          `\`${path}\` is not described in the contract.`,
        ),
      ),
    ...(subject.root === null ? [] : schemaFindings(subject.root)),
  ],
};

function schemaFindings(record: AvroRecord): Finding[] {
  return record.fields.flatMap((field) => {
    const own =
      (field.doc ?? '').trim().length < SHORTEST
        ? [
            finding(
              CONTRACT_ERRORS.fieldUndocumented,
              `${field.path}.doc`,
              `\`${field.name}\` is not described in the schema.`,
            ),
          ]
        : [];
    const type = withoutNull(field.type);
    const inner = type.kind === 'array' ? type.items : type;
    return inner.kind === 'record' ? [...own, ...schemaFindings(inner)] : own;
  });
}
