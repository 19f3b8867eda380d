import { expect, test } from 'vitest';

import { gp } from '../rig/feed.js';
import { defineDomain } from './domain.js';
import { defineProduct } from './product.js';
import { defineJoinedSource } from './source.js';

test('a product made from a source that tells who is restricted says what their records show, or is refused', () => {
  const [{ restricted: _, ...silent }] = gp.products as [(typeof gp.products)[number]];
  const domain = (restricts: boolean) => {
    const { restricts: __, ...plain } = gp.sources[0]!;
    const from = { ...plain, ...(restricts && { restricts }) } as (typeof gp.sources)[number];
    return { ...gp, sources: [from], products: [{ ...silent, from }] };
  };
  expect(() => defineDomain(domain(true))).toThrow(/does not say what a restricted person/);
  expect(() => defineDomain(domain(false))).not.toThrow();
});

test('a contract is of one product', () => {
  const [product] = gp.products;
  expect(() => defineDomain({ ...gp, products: [product!, { ...product! }] })).toThrow(
    /two products have one contract/,
  );
});

test('a product put together without a map is refused', () => {
  const { map: _, ...mapless } = gp.products[0]!;
  expect(() => defineProduct(mapless as never)).toThrow(/gp\/.* has no map/);
});

test('a table of a joined source belongs to no table that belongs to it', () => {
  const key = () => 'k';
  const source = (parts: Record<string, string | null>) => () =>
    defineJoinedSource({
      name: 'tables',
      contentTypes: ['multipart/form-data'],
      root: 'a',
      parts: Object.fromEntries(
        Object.entries(parts).map(([part, parent]) => [
          part,
          { key, ...(parent && { parent: { part: parent, key } }) },
        ]),
      ),
      read: async function* () {},
    });
  expect(source({ a: 'b', b: 'c', c: null })).not.toThrow();
  expect(source({ a: 'b', b: 'c', c: 'b' })).toThrow(/: b belongs to itself/);
  expect(source({ a: 'a' })).toThrow(/: a belongs to itself/);
});
