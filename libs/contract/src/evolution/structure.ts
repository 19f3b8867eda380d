import {
  describeType,
  isNullable,
  withoutNull,
  type AvroEnum,
  type AvroField,
  type AvroRecord,
  type AvroType,
} from '../avro/tree.js';
import { breaking, visible, type Change } from './change.js';
import { aliasChanges, extraChanges, naming, redocumented } from './naming.js';

/**
 * What changed in the Avro schema, under the mesh's rule that within a major every version can read every other
 * (FULL_TRANSITIVE): so a promotion that Avro allows one way only is breaking here, and so are a rename by alias,
 * a changed default, a reordered or shortened enum, and a dropped field, which Avro itself would let pass.
 */
export function structuralChanges(before: AvroRecord, after: AvroRecord): Change[] {
  return [...naming('$', before, after), ...recordChanges('', before, after)];
}

function recordChanges(prefix: string, before: AvroRecord, after: AvroRecord): Change[] {
  const old = new Map(before.fields.map((field) => [field.name, field]));
  const now = new Map(after.fields.map((field) => [field.name, field]));
  return [
    ...before.fields
      .filter(({ name }) => !now.has(name))
      .map((field) => removed(prefix + field.name, field, after)),
    ...after.fields.flatMap((field) => {
      const earlier = old.get(field.name);
      return earlier === undefined
        ? [added(prefix + field.name, field)]
        : fieldChanges(prefix + field.name, earlier, field);
    }),
    ...fieldOrder(prefix, before, after),
  ];
}

/** Records are resolved by name; but whoever reads columns, or sorts whole records, meets them in this order. */
function fieldOrder(prefix: string, before: AvroRecord, after: AvroRecord): Change[] {
  const named = ({ fields }: AvroRecord, other: AvroRecord) =>
    fields
      .map(({ name }) => name)
      .filter((name) => other.fields.some((field) => field.name === name));
  if (named(before, after).join() === named(after, before).join()) return [];
  const path = prefix === '' ? '$' : prefix.replace(/\.$/, '');
  const where = path === '$' ? 'the record' : `\`${path}\``;
  return [
    visible(
      path,
      'order',
      `The fields of ${where} come in another order: consumers that take them by name need do nothing.`,
    ),
  ];
}

function removed(path: string, field: AvroField, after: AvroRecord): Change {
  const heir = after.fields.find(({ aliases }) => aliases.includes(field.name));
  if (heir !== undefined) {
    return breaking(
      path,
      'naming',
      `\`${path}\` is renamed to \`${heir.name}\`: consumers that read it by its old name find nothing.`,
    );
  }
  return breaking(
    path,
    'field-removed',
    `\`${path}\` is dropped: consumers that use it lose it and must do without.`,
  );
}

function added(path: string, field: AvroField): Change {
  if (field.default === undefined) {
    return breaking(
      path,
      'field-added',
      `\`${path}\` is new and has no default: records written before it can no longer be read.`,
    );
  }
  return visible(
    path,
    'field-added',
    `\`${path}\` is new (${describeType(field.type)}): consumers may use it, and need do nothing if they do not.`,
  );
}

function fieldChanges(path: string, before: AvroField, after: AvroField): Change[] {
  return [
    ...defaultChange(path, before, after),
    ...documentation(path, before, after),
    ...aliasChanges(path, `\`${path}\``, before, after),
    ...extraChanges(path, `\`${path}\``, before, after),
    ...typeChanges(path, before.type, after.type),
  ];
}

function defaultChange(path: string, before: AvroField, after: AvroField): Change[] {
  if (JSON.stringify(before.default) === JSON.stringify(after.default)) return [];
  if (after.default === undefined) {
    return [
      breaking(
        path,
        'default',
        `\`${path}\` no longer has a default: records written without it can no longer be read.`,
      ),
    ];
  }
  if (before.default === undefined)
    return [
      visible(
        path,
        'default',
        `\`${path}\` now has a default, used where a record does not state it.`,
      ),
    ];
  return [
    breaking(
      path,
      'default',
      `The default of \`${path}\` changes: the same record would be read with different values by old and new consumers.`,
    ),
  ];
}

function documentation(
  path: string,
  before: { doc: string | null },
  after: { doc: string | null },
): Change[] {
  return redocumented(path, before, after, `The description of \`${path}\` in the schema changes.`);
}

function typeChanges(path: string, before: AvroType, after: AvroType): Change[] {
  const nulls = nullChange(path, before, after);
  const [old, now] = [withoutNull(before), withoutNull(after)];
  return [...nulls, ...nullPlace(path, before, after), ...sameKindChanges(path, old, now)];
}

function nullChange(path: string, before: AvroType, after: AvroType): Change[] {
  const [was, is] = [isNullable(before), isNullable(after)];
  if (was === is) return [];
  const sentence = is
    ? `\`${path}\` may now be null: consumers written for a value that is always there fail.`
    : `\`${path}\` no longer accepts null: consumers must expect older records without it, and publishers that leave it out are refused.`;
  return [breaking(path, 'type', sentence)];
}

/** Null first or last decides which defaults are legal and the number each branch has on the wire. */
function nullPlace(path: string, before: AvroType, after: AvroType): Change[] {
  if (before.kind !== 'union' || after.kind !== 'union') return [];
  const place = (type: Extract<AvroType, { kind: 'union' }>) =>
    type.branches.findIndex((branch) => branch.kind === 'primitive' && branch.name === 'null');
  const [was, is] = [place(before), place(after)];
  if (was === is || was < 0 || is < 0) return [];
  return [visible(path, 'order', `In \`${path}\` null comes at another place among the types.`)];
}

function sameKindChanges(path: string, before: AvroType, after: AvroType): Change[] {
  if (before.kind === 'record' && after.kind === 'record') {
    return [...naming(path, before, after), ...recordChanges(`${path}.`, before, after)];
  }
  if (before.kind === 'array' && after.kind === 'array')
    return [
      ...extraChanges(path, `The list of \`${path}\``, before, after),
      ...typeChanges(`${path}[]`, before.items, after.items),
    ];
  if (before.kind === 'map' && after.kind === 'map')
    return [
      ...extraChanges(path, `The map of \`${path}\``, before, after),
      ...typeChanges(`${path}{}`, before.values, after.values),
    ];
  if (before.kind === 'enum' && after.kind === 'enum')
    return [...naming(path, before, after), ...enumChanges(path, before, after)];
  if (before.kind === 'union' && after.kind === 'union') return unionChanges(path, before, after);
  return plainChanges(path, before, after);
}

/** Primitives and fixed: another kind or size cannot be read; what else they say is named. */
function plainChanges(path: string, before: AvroType, after: AvroType): Change[] {
  if (essence(before) !== essence(after)) return [retyped(path, before, after)];
  const named =
    before.kind === 'fixed' && after.kind === 'fixed' ? naming(path, before, after) : [];
  if (before.kind !== 'primitive' || after.kind !== 'primitive') return named;
  return extraChanges(path, `The type of \`${path}\``, before, after);
}

function essence(type: AvroType): string {
  if (type.kind === 'primitive') return `${type.name} ${type.logical}`;
  return type.kind === 'fixed' ? `fixed ${type.size} ${type.logical}` : type.kind;
}

function retyped(path: string, before: AvroType, after: AvroType): Change {
  const [from, to] = [describeType(before), describeType(after)];
  const how = from === to ? `to another ${to}` : `from ${from} to ${to}`;
  return breaking(
    path,
    'type',
    `\`${path}\` changes ${how}: consumers of the other version cannot read it.`,
  );
}

type AvroUnion = Extract<AvroType, { kind: 'union' }>;

/** Several types besides null: the same ones are compared one by one; one more or one less is another type. */
function unionChanges(path: string, before: AvroUnion, after: AvroUnion): Change[] {
  const order = (type: AvroUnion) => type.branches.map(branchKey);
  const [old, now] = [order(before), order(after)];
  if ([...old].sort().join() !== [...now].sort().join()) return [retyped(path, before, after)];
  const inside = before.branches.flatMap((branch, i) =>
    sameKindChanges(path, branch, after.branches[now.indexOf(old[i]!)]!),
  );
  if (old.join() === now.join()) return inside;
  return [...inside, visible(path, 'order', `The types of \`${path}\` come in another order.`)];
}

const branchKey = (type: AvroType) =>
  'name' in type && type.kind !== 'primitive' ? `${type.kind} ${type.name}` : essence(type);

function enumChanges(path: string, before: AvroEnum, after: AvroEnum): Change[] {
  const gone = before.symbols.filter((symbol) => !after.symbols.includes(symbol));
  const fresh = after.symbols.filter((symbol) => !before.symbols.includes(symbol));
  const changes: Change[] = [];
  if (gone.length > 0)
    changes.push(
      breaking(
        path,
        'symbols',
        `\`${path}\` loses ${quoted(gone)}: records that hold it can no longer be read as they were meant.`,
      ),
    );
  if (fresh.length > 0) changes.push(newSymbols(path, before, fresh));
  if (reordered(before.symbols, after.symbols)) {
    changes.push(
      breaking(
        path,
        'symbols',
        `The values of \`${path}\` are put in another order: consumers that compare or sort them get other results.`,
      ),
    );
  }
  if (before.fallback !== after.fallback) {
    changes.push(
      breaking(
        path,
        'symbols',
        `\`${path}\` falls back to another value for symbols a consumer does not know.`,
      ),
    );
  }
  return changes;
}

function newSymbols(path: string, before: AvroEnum, fresh: string[]): Change {
  if (before.fallback === null) {
    return breaking(
      path,
      'symbols',
      `\`${path}\` gains ${quoted(fresh)} and has no fallback: consumers of the earlier version fail on it.`,
    );
  }
  return visible(
    path,
    'symbols',
    `\`${path}\` gains ${quoted(fresh)}: consumers of the earlier version read it as ${before.fallback}.`,
  );
}

/** Whether the symbols that stay keep their order; new ones may only follow. */
function reordered(before: string[], after: string[]): boolean {
  const stayed = before.filter((symbol) => after.includes(symbol));
  const now = after.filter((symbol) => before.includes(symbol));
  return stayed.join('\n') !== now.join('\n') || !now.every((symbol, i) => after[i] === symbol);
}

function quoted(values: string[]): string {
  const shown = values.slice(0, 5).map((value) => `"${value}"`);
  return values.length > 5 ? `${shown.join(', ')} and ${values.length - 5} more` : shown.join(', ');
}
