import { readFileSync } from 'node:fs';
import type { Joined, PartRow } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { source } from '../../sources/csds/csds.js';
import type { CsdsRow } from '../../sources/csds/rows.js';
import { mapCareContact } from './map.js';

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

/** Joins as the library does, with what `source` says of its parts. */
function join(rows: PartRow<CsdsRow>[]): Joined<CsdsRow>[] {
  const find = (part: string, key: string | null) =>
    rows.find((row) => row.part === part && row.row.key === key)!.row;
  return rows
    .filter(({ part }) => part === source.root)
    .map(({ row: root }) => {
      const CYP101 = find('CYP101', root.parentKey);
      const CYP202 = rows.filter(
        ({ part, row }) => part === 'CYP202' && row.parentKey === root.key,
      );
      return {
        root,
        ancestors: { CYP101, CYP001: find('CYP001', CYP101.parentKey) },
        children: { CYP202: CYP202.map(({ row }) => row) },
      };
    });
}

async function readAll(names: string[]): Promise<PartRow<CsdsRow>[]> {
  const rows: PartRow<CsdsRow>[] = [];
  async function* bytes(text: string) {
    yield Buffer.from(text);
  }
  async function* parts() {
    for (const name of names)
      yield { name, contentType: 'text/csv', body: bytes(fixture(`${name}.csv`)) };
  }
  const input = { contentType: 'multipart/form-data', body: bytes(''), parts: parts() };
  for await (const item of source.read({ ...input, environment: 'test' })) {
    if (item.outcome) throw new Error(JSON.stringify(item.errors));
    rows.push(item.record);
  }
  return rows;
}

describe('a care contact', () => {
  const expected: unknown = JSON.parse(fixture('changes.json'));

  it('is the record a reviewer would write by hand', async () => {
    const rows = await readAll(['CYP001', 'CYP101', 'CYP201', 'CYP202']);
    expect(join(rows).flatMap(mapCareContact)).toEqual(expected);
  });

  it('does not depend on the order in which the tables and rows came', async () => {
    const rows = await readAll(['CYP202', 'CYP201', 'CYP101', 'CYP001']);
    expect(join(rows.toReversed()).toReversed().flatMap(mapCareContact)).toEqual(expected);
  });

  it('is as new as the newest of the returns its rows are from', async () => {
    const [joined] = join(await readAll(['CYP001', 'CYP101', 'CYP201', 'CYP202']));
    joined!.ancestors.CYP001!.at = '2026-10-31T00:00:00.000Z';
    expect(mapCareContact(joined!)[0]!.at).toBe('2026-10-31T00:00:00.000Z');
    for (const row of [
      joined!.root,
      ...Object.values(joined!.ancestors),
      ...joined!.children.CYP202!,
    ])
      row.at = null;
    expect(mapCareContact(joined!)[0]!.at).toBeNull();
  });
});
