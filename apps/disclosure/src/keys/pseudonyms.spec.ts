import { keys } from '@caremesh/contract';
import type { PersonIdentity } from '@caremesh/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Pseudonyms } from './pseudonyms.js';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const twoKeys = fc
  .tuple(key, key)
  .filter(([one, other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)) !== 0);
const nhsNumber = fc.integer({ min: 9_000_000_000, max: 9_999_999_999 }).map(String);
const identity: fc.Arbitrary<PersonIdentity> = fc.oneof(
  fc.record({ nhsNumber }),
  fc.record({ issuer: fc.stringMatching(/^[A-Z0-9]{3,6}$/), localId: fc.string({ minLength: 1 }) }),
);
const SHAPE = /^[a-z2-7]{26}$/;

describe('pseudonyms', () => {
  test('two recipients never have the same name for a person, a record or an event', () => {
    fc.assert(
      fc.property(twoKeys, identity, fc.string(), ([one, other], person, id) => {
        const [a, b] = [new Pseudonyms(one), new Pseudonyms(other)];
        expect(a.person(person)).not.toBe(b.person(person));
        expect(a.record('gp.medication-statement', id)).not.toBe(
          b.record('gp.medication-statement', id),
        );
        expect(a.event(id)).not.toBe(b.event(id));
      }),
    );
  });

  test('one recipient joins the products of two domains on the person', () => {
    fc.assert(
      fc.property(key, key, key, identity, (recipient, gpKey, acuteKey, person) => {
        // The publishers' own keys have no part in it: theirs differ, the pseudonym does not.
        fc.pre(keys.personKey(gpKey, person) !== keys.personKey(acuteKey, person));
        const [first, second] = [new Pseudonyms(recipient), new Pseudonyms(recipient)];
        expect(first.person(person)).toBe(second.person(person));
      }),
    );
  });

  test('two people never share a pseudonym, and nobody has the shape of an identifier', () => {
    fc.assert(
      fc.property(
        key,
        fc.uniqueArray(identity, { maxLength: 30, selector: (i) => JSON.stringify(i) }),
        (recipient, people) => {
          const pseudonyms = new Pseudonyms(recipient);
          const names = people.map((person) => pseudonyms.person(person));
          expect(new Set(names).size).toBe(people.length);
          for (const name of names) expect(name).toMatch(SHAPE);
        },
      ),
    );
  });

  test('a record id is not a person, an event is not a record, and products do not share record ids', () => {
    const pseudonyms = new Pseudonyms(Buffer.alloc(32, 3));
    const id = 'abcdefghijklmnopqrstuvwxyz';
    const names = [
      pseudonyms.person({ nhsNumber: '9434765919' }),
      pseudonyms.record('gp.medication-statement', id),
      pseudonyms.record('acute.inpatient-spell', id),
      pseudonyms.event(id),
    ];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).not.toContain(id);
  });

  test('the memory of people is bounded and forgets nothing that matters', () => {
    const pseudonyms = new Pseudonyms(Buffer.alloc(32, 4));
    const first = pseudonyms.person({ issuer: 'RRV', localId: '0' });
    for (let n = 0; n < 25_000; n++) pseudonyms.person({ issuer: 'RRV', localId: String(n) });
    expect(pseudonyms.person({ issuer: 'RRV', localId: '0' })).toBe(first);
  });
});
