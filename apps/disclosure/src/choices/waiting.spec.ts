import { keys } from '@caremesh/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { ProductReceived } from '../disclose/product-record.js';
import { nobodyLeft, staysWithheld } from './lists.js';
import type { CleanedList, ListInForce } from './lists.js';
import { nhsNumberOf, People } from './people.js';
import { lowering, lowestOffsets, verdictOf } from './waiting.js';

const FIRST = 910_000_000;
const numbers = (ns: readonly number[]) => Uint32Array.from(ns, (n) => FIRST + n);
const forced = ({ listed, asked }: CleanedList): ListInForce => ({
  ...{ number: 1, listed: new People(listed), asked: new People(asked) },
});
const about = (nhsNumber: string | null, person = 'p'.repeat(26)) =>
  ({ key: { person }, value: { nhsNumber } }) as ProductReceived;
const at = (partition: number, offset: bigint) =>
  ({ origin: { partition, offset } }) as ProductReceived;

/** Lists of a few people: who was asked about, and who of them may be disclosed. */
const cleaned: fc.Arbitrary<CleanedList> = fc
  .uniqueArray(fc.nat({ max: 7 }))
  .chain((asked) => fc.tuple(fc.constant(asked), fc.subarray(asked)))
  .map(([asked, listed]) => ({ asked: numbers(asked), listed: numbers(listed) }));

test('whoever is on the list is disclosed; of the others waits only who was not asked about', () => {
  const list = forced({ asked: numbers([1, 2]), listed: numbers([1]) });
  const said = (n: number, one: ListInForce | null = list) =>
    verdictOf(one, about(nhsNumberOf(FIRST + n)));
  expect([said(1), said(2), said(3)]).toEqual(['disclosed', 'withheld', 'waits']);
  expect([said(1, null), said(3, null)]).toEqual(['waits', 'waits']);
  for (const one of [list, null]) {
    expect(verdictOf(one, about(null))).toBe('withheld');
    expect(verdictOf(one, about(null, keys.NO_PERSON))).toBe('disclosed');
    expect(verdictOf(one, { ...about(null), value: null } as ProductReceived)).toBe('disclosed');
  }
});

test('a list needs everything read again exactly when a verdict that nothing waits for becomes another', () => {
  fc.assert(
    fc.property(cleaned, cleaned, (before, after) => {
      const verdicts = (list: CleanedList) =>
        [...before.asked].map((n) => verdictOf(forced(list), about(nhsNumberOf(n))));
      const [was, is] = [verdicts(before), verdicts(after)];
      const unchanged = was.every((one, n) =>
        one === 'withheld' ? is[n] === 'withheld' : is[n] !== 'waits',
      );
      expect(staysWithheld({ ...before, listed: new People(before.listed) }, after)).toBe(
        unchanged,
      );
    }),
  );
});

test('nobody left a list exactly if everybody whom it disclosed is disclosed by the next', () => {
  fc.assert(
    fc.property(cleaned, cleaned, (before, after) => {
      const still = before.listed.every((number) => after.listed.includes(number));
      expect(nobodyLeft({ ...before, listed: new People(before.listed) }, after)).toBe(still);
    }),
  );
});

test('of each partition the lowest offset is noted, and only where it lowers what is', () => {
  const lowest = lowestOffsets([at(1, 9n), at(0, 4n), at(1, 7n), at(1, 8n)]);
  const noted = new Map([
    [0, 4n],
    [1, 8n],
  ]);
  expect(lowest).toEqual(new Map([...[[0, 4n] as const], ...[[1, 7n] as const]]));
  expect(lowering(lowest, new Map())).toEqual(lowest);
  expect(lowering(lowest, noted)).toEqual(new Map([[1, 7n]]));
});
