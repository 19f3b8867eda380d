import fc from 'fast-check';
import { expect, test } from 'vitest';

import { localsOf } from './identifiers.js';

const [PAST, NOW, LATER] = ['2020-01-01', Date.UTC(2026, 2, 1), '2099-01-01'];
const code = fc.constantFrom(['MR'], ['PI'], ['MR', 'own'], []);
const identifier = fc.record({
  issuer: fc.constantFrom('A', 'B', null),
  system: fc.constantFrom('urn:a', 'urn:b', undefined),
  value: fc.constantFrom('1', '2', ' 2 ', '3'),
  type: fc.option(fc.record({ coding: code.map((all) => all.map((one) => ({ code: one }))) }), {
    nil: undefined,
  }),
  period: fc.constantFrom({ end: PAST }, { end: LATER }, {}, undefined),
});

test('who somebody is by local identifiers is the same in whatever order they come, and of one numbering system', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(identifier, { maxLength: 6 }),
        fc.array(
          identifier.map((one) => ({
            ...one,
            system: 'urn:a',
            type: undefined,
            period: { end: PAST },
          })),
          { maxLength: 6 },
        ),
      ),
      fc.constantFrom('A', null),
      fc.constantFrom(NOW, null),
      fc.boolean(),
      fc.nat(5),
      (all, keeper, time, isNumbered, shift) => {
        const about = { keeper, time, isNumbered };
        const issuerOf = (one: (typeof all)[number]) => one.issuer;
        const locals = localsOf(all, issuerOf, about);
        const turned = [...all.slice(shift), ...all.slice(0, shift)];
        expect(localsOf(turned, issuerOf, about)).toEqual(locals);
        expect(localsOf(all.toReversed(), issuerOf, about)).toEqual(locals);
        const named = new Set(locals.map(({ issuer, id }) => `${issuer} ${id}`));
        expect(named.size).toBe(locals.length);
        const numbering = all.map((one) =>
          JSON.stringify([one.issuer, one.system ?? '', one.type?.coding ?? []]),
        );
        const whole = [...new Set(numbering)].map((series) => {
          const own = all.filter((_, at) => numbering[at] === series);
          return new Set(own.map((one) => `${one.issuer} ${one.value.trim()}`));
        });
        expect(
          locals.length === 0 || whole.some((ids) => [...named].every((one) => ids.has(one))),
        ).toBe(true);
        const isAnyCurrent = all.some((one) => one.issuer && one.period?.end !== PAST);
        if (time !== null && isNumbered) expect(locals.length > 0).toBe(isAnyCurrent);
        if (time !== null && !isAnyCurrent) expect(locals.length).toBeLessThan(2);
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 500) },
  );
});
