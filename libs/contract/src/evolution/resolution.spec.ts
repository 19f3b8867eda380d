import { describe, expect, it } from 'vitest';
import { readSchema } from '../avro/read-schema.js';
import { asField, COMPATIBLE, INCOMPATIBLE, REFUSED } from './avro-cases.fixture.js';
import { misreads } from './resolution.js';
import { structuralChanges } from './structure.js';

const root = (type: unknown) => readSchema(asField(type)).root!;
const named = (cases: [unknown, unknown][]) =>
  cases.map(([reader, writer]) => [JSON.stringify(reader), JSON.stringify(writer)] as const);

describe("Apache Avro's published cases", () => {
  it.each(named(COMPATIBLE))('%s reads %s', (reader, writer) => {
    expect(misreads(root(JSON.parse(reader)), root(JSON.parse(writer)))).toEqual([]);
  });

  it.each(named(INCOMPATIBLE))('%s does not read %s', (reader, writer) => {
    const [one, other] = [root(JSON.parse(reader)), root(JSON.parse(writer))];
    expect(misreads(one, other)).not.toEqual([]);
    // What fails one way is breaking whichever of the two came first.
    for (const changes of [structuralChanges(one, other), structuralChanges(other, one)])
      expect(changes.map((change) => change.class)).toContain('breaking');
  });

  it.each(REFUSED)('%j is refused unread: %s', (pair) => {
    expect(pair.map((type) => readSchema(asField(type)).root)).toContain(null);
  });
});

describe('what cannot be read', () => {
  it('is said where it stands', () => {
    const inner = (type: unknown) => ({
      type: 'array',
      items: { type: 'record', name: 'I', fields: [{ name: 'x', type }] },
    });
    expect(misreads(root(inner('int')), root(inner('long')))).toEqual([
      { path: 'f[].x', why: 'long is not read as int' },
    ]);
  });
});
