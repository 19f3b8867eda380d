import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { source } from '../../sources/cld/cld.js';
import { mapCarePackage } from './map.js';

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

it('a service event is the care package a reviewer would write by hand', async () => {
  async function* body() {
    yield Buffer.from(fixture('return.csv'));
  }
  const changes: unknown[] = [];
  for await (const item of source.read({
    contentType: 'text/csv',
    body: body(),
    environment: 'test',
  })) {
    if (item.outcome) throw new Error(JSON.stringify(item.errors));
    changes.push(...mapCarePackage(item.record));
  }
  expect(changes).toEqual(JSON.parse(fixture('changes.json')));
});
