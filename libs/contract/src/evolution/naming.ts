import type { AvroEnum, AvroExtras, AvroFixed, AvroRecord } from '../avro/tree.js';
import { breaking, safe, visible, type Change } from './change.js';
import { sameMeaning } from './wording.js';

type Named = AvroRecord | AvroEnum | AvroFixed;

/** What changed in how a type is called and described: its full name, its aliases, its words, its other attributes. */
export function naming(path: string, before: Named, after: Named): Change[] {
  const shown = path === '$' ? 'The record' : `The type of \`${path}\``;
  const [from, to] = [fullName(before), fullName(after)];
  const renamed =
    from === to
      ? []
      : [
          breaking(
            path,
            'naming',
            `${shown} is renamed from ${from} to ${to}: code generated from the old name no longer fits.`,
          ),
        ];
  return [
    ...renamed,
    ...aliasChanges(path, shown, before, after),
    ...extraChanges(path, shown, before, after),
    ...redocumented(path, before, after, `${shown} has a new description.`),
  ];
}

type Documented = { doc: string | null };

/** Other words in the schema: its reader may know no other, so they are judged as those of the contract are. */
export function redocumented(
  path: string,
  before: Documented,
  after: Documented,
  sentence: string,
): Change[] {
  if (before.doc === after.doc) return [];
  return sameMeaning(before.doc ?? '', after.doc ?? '')
    ? [safe(path, 'documentation', sentence)]
    : [visible(path, 'wording', sentence)];
}

function fullName({ namespace, name }: Named): string {
  return namespace === '' ? name : `${namespace}.${name}`;
}

type Aliased = { aliases: string[] };

/** A reader takes what was written under an alias: one less, and older records are no longer found. */
export function aliasChanges(path: string, shown: string, before: Aliased, after: Aliased) {
  const gone = before.aliases.filter((alias) => !after.aliases.includes(alias));
  const fresh = after.aliases.filter((alias) => !before.aliases.includes(alias));
  const changes: Change[] = [];
  if (gone.length > 0)
    changes.push(
      breaking(
        path,
        'naming',
        `${shown} loses the alias ${gone.join(', ')}: what was written under it is no longer found.`,
      ),
    );
  if (fresh.length > 0)
    changes.push(
      visible(
        path,
        'naming',
        `${shown} is now also read from what is written as ${fresh.join(', ')}.`,
      ),
    );
  return changes;
}

/** Attributes that decide what the bytes mean, though Avro itself reads on without them. */
const DECISIVE = new Set(['precision', 'scale', 'logicalType']);

/** What a schema says besides Avro's own words: `scale` of a decimal, `order` of a field, a tool's own attributes. */
export function extraChanges(
  path: string,
  shown: string,
  before: { extras: AvroExtras },
  after: { extras: AvroExtras },
): Change[] {
  const keys = [...new Set([...Object.keys(before.extras), ...Object.keys(after.extras)])];
  return keys.flatMap((key) => {
    const [from, to] = [JSON.stringify(before.extras[key]), JSON.stringify(after.extras[key])];
    if (from === to) return [];
    if (DECISIVE.has(key)) {
      const sentence = `${shown} changes its ${key} from ${from ?? 'none'} to ${to ?? 'none'}: the same bytes mean another value.`;
      return [breaking(path, 'type', sentence)];
    }
    return [visible(path, 'attribute', `${shown} has another \`${key}\` in the schema.`)];
  });
}
