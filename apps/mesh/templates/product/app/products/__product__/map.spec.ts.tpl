import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { {{camel}}Source } from '../../sources/{{product}}.js';
import { map{{Record}} } from './map.js';

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

it('a row is the record a reviewer would write by hand', async () => {
  async function* body() {
    yield Buffer.from(fixture('rows.csv'));
  }
  const input = { contentType: 'text/csv', body: body(), environment: 'test' as const };
  const changes: unknown[] = [];
  for await (const item of {{camel}}Source.read(input)) {
    if (item.outcome) throw new Error(JSON.stringify(item.errors));
    changes.push(...map{{Record}}(item.record));
  }
  expect(changes).toEqual(JSON.parse(fixture('changes.json')));
});
