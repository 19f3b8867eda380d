import { expect, test } from 'vitest';

import { gp } from '../rig/feed.js';
import { defineDomain } from './domain.js';

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
