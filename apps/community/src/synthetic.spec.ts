import { FAULTS } from '@caremesh/product';
import { labelledAreRefused } from '@caremesh/testing';
import { expect, it } from 'vitest';
import { source } from './sources/csds/csds.js';

const labels = labelledAreRefused('community', async ({ part, contentType }, body) => {
  async function* parts() {
    yield await Promise.resolve({ name: part!, contentType, body: body() });
  }
  const codes: string[][] = [];
  const input = { contentType: 'multipart/form-data', body: body(), parts: parts() };
  for await (const item of source.read({ ...input, environment: 'test' }))
    codes.push(item.outcome ? item.errors.map(({ code }) => code) : []);
  return codes;
});

it('every label of every setting gives a code of the closed list', () => {
  const codes = new Set(Object.values(FAULTS).map(({ code }) => code));
  expect(labels.filter(({ code }) => code !== null && !codes.has(code))).toEqual([]);
});
