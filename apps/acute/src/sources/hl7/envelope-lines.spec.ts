import { expect, it } from 'vitest';

import { messagesOf } from './batch.js';

const MESSAGE = 'MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.4\r';

async function partsOf(text: string): Promise<number> {
  async function* body() {
    yield Buffer.from(text);
  }
  let parts = 0;
  for await (const _ of messagesOf(body(), 1_048_576)) parts += 1;
  return parts;
}

it.each([
  ['FHS|^~\\&|A\rBHS|^~\\&|A\r', 1],
  ['FHS|^~\\&|A\r\n\r\nBHS|^~\\&|A\n', 1],
  ['FHS|^~\\&|A\rX\r', 2],
])('of %j before a message is an envelope what lines of one are', async (before, parts) => {
  expect(await partsOf(`${before}${MESSAGE}`)).toBe(parts);
});

it('judges a line in which the names of an envelope stand again and again at once', async () => {
  expect(await partsOf(`${'FHS'.repeat(2_600)}\rX\r${MESSAGE}`)).toBe(2);
});
