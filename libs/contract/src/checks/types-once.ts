import type { AvroRecord, AvroType } from '../avro/tree.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { Rule } from './check.js';

/**
 * A named type stands in one place. What is in it is treated by what the contract says of that place: at a second one, where
 * its name alone stands, a view would have to take it as it is at the first, or, without the first, could not be written.
 */
export const typesOnce: Rule = {
  name: 'types-once',
  severity: 'blocks',
  run: ({ root }) => (root === null ? [] : recordFindings(root, new Set([root.name]))),
};

function recordFindings(record: AvroRecord, met: Set<string>): Finding[] {
  return record.fields.flatMap((field) => typeFindings(field.type, `${field.path}.type`, met));
}

function typeFindings(type: AvroType, path: string, met: Set<string>): Finding[] {
  switch (type.kind) {
    case 'primitive':
      return [];
    case 'array':
      return typeFindings(type.items, path, met);
    case 'map':
      return typeFindings(type.values, path, met);
    case 'union':
      return type.branches.flatMap((branch) => typeFindings(branch, path, met));
    default: {
      // By the name alone: a view has one namespace.
      if (met.has(type.name)) return [again(type.name, path)];
      met.add(type.name);
      return type.kind === 'record' ? recordFindings(type, met) : [];
    }
  }
}

const again = (name: string, path: string): Finding =>
  finding(
    CONTRACT_ERRORS.typeReused,
    path,
    `The type ${name} stands in another place already: a view that has one of the two and not the other could not be written.`,
  );
