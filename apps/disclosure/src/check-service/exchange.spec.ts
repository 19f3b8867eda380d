import { describe, expect, test } from 'vitest';

import { answeredBy, isDue } from './exchange.js';
import type { Standing } from './requests.js';

const pace = { refreshMs: 6_000, againMs: 1_000, answerMs: 4_000 };
const NOW = 100_000;
/** A list from a second ago, and nothing new. */
const standing: Standing = {
  ...{ organisation: 'QUY', editions: [], request: null, trouble: false },
  ...{ received: NOW - 1_000, asked: NOW - 1_500, newPeople: false, filling: false },
};
const due = (differing: Partial<Standing>, changedAt?: number) =>
  isDue(
    { ...standing, ...differing },
    pace,
    changedAt === undefined ? {} : { changedAt: () => changedAt },
    NOW,
  );

describe('a list is asked for', () => {
  test.each<[string, Partial<Standing>, boolean]>([
    ['not while it is new', {}, false],
    ['when there is none', { received: null, asked: null }, true],
    ['at the age set', { received: NOW - 6_000, asked: NOW - 7_000 }, true],
    ['when people came whom it does not know', { newPeople: true }, true],
    ['but not before those it knows are filled in', { newPeople: true, filling: true }, false],
    ['nor too soon after the last time', { newPeople: true, asked: NOW - 999 }, false],
    ['after trouble', { trouble: true }, true],
    ['not while a request is under way', { request: 'x', newPeople: true }, false],
    ['unless its answer does not come', { request: 'x', asked: NOW - 4_000 }, true],
  ])('%s', (_, differing, expected) => expect(due(differing)).toBe(expected));

  test('at once when the mailbox can tell that its answer would be another', () => {
    expect(due({}, NOW - 1_400)).toBe(true);
    expect(due({}, NOW - 1_600)).toBe(false);
  });
});

describe('a message answers', () => {
  const box = { id: 'X26ABC1' };
  const [one, other] = [{ request: 'X26ABC1-251126-0001' }, { request: 'X26ABC1-251126-0002' }];
  const of = (localId: string | null, fileName: string | null, waiting = [one, other]) =>
    answeredBy({ localId, fileName }, box, waiting);

  test('the request it names, by either name', () => {
    expect(of(other.request, null)).toBe(other);
    expect(of(null, `${one.request}.dat`)).toBe(one);
  });

  test('the only one under way, if it names none of ours', () => {
    expect(of(null, 'RESPONSE.dat', [one])).toBe(one);
    expect(of(null, 'RESPONSE.dat')).toBeUndefined();
  });

  test('none, if it names one that was given up', () => {
    expect(of('X26ABC1-241126-0009', null, [one])).toBeUndefined();
  });
});
