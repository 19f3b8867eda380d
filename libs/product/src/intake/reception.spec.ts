import { expect, it } from 'vitest';

import type { SourceItem } from '../define/source.js';
import { defineSource } from '../define/source.js';
import { fault, IntakeRefused } from '../errors.js';
import { assertTaken, inputOf, itemsOf } from './reception.js';

/** A source that reads so many items, and then finds that the rest does not hold together. */
const breaking = (good: number) =>
  defineSource<number>({
    ...{ name: 'breaking', method: 'http', contentTypes: ['text/plain'] },
    async *read() {
      for (let index = 0; index < good; index++) {
        yield { index, sourceId: null, raw: `${index}`, record: index, at: null };
      }
      throw new IntakeRefused(fault('multipartBroken', '/'));
    },
  });

async function read(good: number): Promise<SourceItem<number>[]> {
  const body = (async function* () {})();
  const input = { contentType: 'text/plain', environment: 'test' as const, body };
  const items: SourceItem<number>[] = [];
  for await (const item of itemsOf<number>(breaking(good), input)) items.push(item);
  return items;
}

it('tells of a body that breaks off behind its first items as one more refused item', async () => {
  const items = await read(2);
  expect(items.map(({ index, outcome }) => [index, outcome])).toEqual([
    ...[[0, undefined] as const, [1, undefined] as const, [2, 'quarantined'] as const],
  ]);
  expect(items[2]).toMatchObject({ errors: [{ code: fault('multipartBroken', '/').code }] });
});

it('refuses a body of which nothing could be read', async () => {
  await expect(read(0)).rejects.toBeInstanceOf(IntakeRefused);
});

it('refuses a compressed body by the header that says so', () => {
  const taken = (encoding?: string) => () => assertTaken(breaking(0), 'text/plain', encoding);
  expect(taken()).not.toThrow();
  expect(taken('identity')).not.toThrow();
  const refusal = { code: 'MESH-2001', path: 'Content-Encoding' };
  expect(taken('gzip')).toThrow(
    expect.objectContaining({ fault: expect.objectContaining(refusal) }),
  );
});

it('gives a source all that the sender said of the content type: its parameters may change what the bytes mean', () => {
  const contentType = 'application/fhir+json; fhirVersion=3.0; Charset="UTF-8"';
  const arrival = { source: 's', contentType, traceparent: '', receipt: '' };
  const body = (async function* () {})();
  expect(inputOf(body, arrival, 'test')).toMatchObject({
    ...{ contentType, charset: 'utf-8', environment: 'test' },
  });
});
