import { describe, expect, test } from 'vitest';

import { answeredBy, dueBy } from './exchange.js';
import type { Standing } from './requests.js';

const pace = { refreshMs: 6_000, againMs: 1_000, answerMs: 4_000 };
const NOW = 100_000;
/** A list from a second ago. */
const standing: Standing = {
  ...{ organisation: 'QUY', editions: [], request: null, trouble: false },
  ...{ received: NOW - 1_000, asked: NOW - 1_500, askedRows: 0, filling: false },
};
const due = (differing: Partial<Standing>, changedAt?: number) =>
  dueBy(
    { ...standing, ...differing },
    pace,
    changedAt === undefined ? {} : { changedAt: () => changedAt },
    NOW,
  );

describe('a list is asked for', () => {
  test.each<[string, Partial<Standing>, ReturnType<typeof dueBy>]>([
    ['only if people came whom it does not know, while it is new', {}, 'if people came'],
    ['when there is none', { received: null, asked: null }, 'yes'],
    ['at the age set', { received: NOW - 6_000, asked: NOW - 7_000 }, 'yes'],
    ['but not before those it knows are filled in', { filling: true }, 'no'],
    ['nor too soon after the last time', { asked: NOW - 999 }, 'no'],
    ['after trouble', { trouble: true }, 'yes'],
    ['not while a request is under way', { request: 'x' }, 'no'],
    ['unless its answer does not come', { request: 'x', asked: NOW - 4_000 }, 'yes'],
  ])('%s', (_, differing, expected) => expect(due(differing)).toBe(expected));

  test('at once when the mailbox can tell that its answer would be another', () => {
    expect(due({}, NOW - 1_400)).toBe('yes');
    expect(due({}, NOW - 1_600)).toBe('if people came');
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
