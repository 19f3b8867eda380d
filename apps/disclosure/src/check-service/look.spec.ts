import { problem } from '@caremesh/platform';
import type { Logger, Problem } from '@caremesh/platform';
import { expect, test } from 'vitest';

import type { Cohort } from '../choices/cohort.js';
import type { CleanedList, Lists } from '../choices/lists.js';
import { disclosureErrors } from '../errors.js';
import { Exchange } from './exchange.js';
import type { Mailbox, Message } from './mailbox.js';
import { requestFile } from './request-file.js';
import type { Requests, Standing } from './requests.js';

const REQUEST = 'X26HC001-291126-0001';
const asked = Uint32Array.of(900_000_000, 900_000_001, 943_476_591);
const answer = (numbers: Uint32Array, over: Partial<Message> = {}): Message => ({
  ...{ fileName: `${REQUEST}.dat`, localId: null, report: false },
  bytes: requestFile(numbers),
  ...over,
});

/** A mailbox that holds these messages. */
function boxOf(id: string, ...messages: Message[]) {
  const held = new Map(messages.map((one, n) => [`M${n + 1}`, one]));
  const seen: string[] = [];
  const sent: string[] = [];
  const box: Mailbox = {
    id,
    send: (fileName) => Promise.resolve(void sent.push(fileName)),
    waiting: () => Promise.resolve([...held.keys()]),
    fetch: (name) => {
      seen.push(name);
      return Promise.resolve(held.get(name)!);
    },
    acknowledge: (name) => {
      held.delete(name);
      return Promise.resolve();
    },
  };
  return { box, held, seen, sent };
}

/** An exchange whose organisations each wait for an answer, and what came of its looks. */
function exchangeOf(boxes: Record<string, Mailbox>) {
  const open = Object.keys(boxes).map((organisation): Standing => ({
    ...{ organisation, editions: ['edition'], request: REQUEST, trouble: false },
    ...{ received: 1, asked: Date.now(), askedRows: 3, filling: false },
  }));
  const query = (text: string, [openOnly]: unknown[] = []) => {
    if (text.includes('pg_try')) return Promise.resolve({ rows: [{ mine: true }] });
    const rows = openOnly ? open.filter(({ request }) => request !== null) : open;
    const asRead = rows.map((one) => ({ ...one }));
    return Promise.resolve({ rows: text.includes('check_list l JOIN') ? asRead : [] });
  };
  const taken: [string, number][] = [];
  const troubles: [string, string][] = [];
  const told: string[] = [];
  const tell = ({ code }: { code: string }) => told.push(code);
  const nothing = () => undefined;
  const exchange = new Exchange({
    pool: {
      connect: () => Promise.resolve({ query, on: nothing, off: nothing, release: nothing }),
    } as never,
    mailboxes: (organisation) => boxes[organisation]!,
    cohort: { numbers: () => Promise.resolve({ numbers: asked, rows: 3 }) } as unknown as Cohort,
    lists: {
      expire: () => Promise.resolve([]),
      inForce: () => Promise.resolve(new Map()),
      accept: (_: unknown, organisation: string, { listed }: CleanedList) =>
        Promise.resolve(taken.push([organisation, listed.length])),
    } as unknown as Lists,
    requests: {
      askedAbout: () => Promise.resolve(asked),
      trouble: (_: unknown, organisation: string, code: string, stays: boolean) => {
        const one = open.find((each) => each.organisation === organisation)!;
        if (!stays) one.request = null;
        return Promise.resolve(troubles.push([organisation, code]));
      },
      next: () => Promise.resolve(1),
      // Always under one name, so that a spec can answer it.
      sent: (_: unknown, organisation: string) => {
        open.find((each) => each.organisation === organisation)!.request = REQUEST;
        return Promise.resolve();
      },
    } as unknown as Requests,
    pace: { refreshMs: 1e9, againMs: 0, answerMs: 1e9 },
    log: { warn: tell, error: tell } as unknown as Logger,
  });
  return { exchange, taken, troubles, told };
}

test('a message of somebody else is neither read as a list nor destroyed; it is told once, and the answer is taken', async () => {
  const letter = answer(asked, { fileName: 'discharge-letter.pdf', foreign: true });
  const { box, held, seen } = boxOf('X26HC001', letter, answer(asked));
  const { exchange, taken, troubles, told } = exchangeOf({ QUY: box });
  await exchange.look();
  await exchange.look();
  expect(taken).toEqual([['QUY', 3]]);
  expect(troubles).toEqual([]);
  expect([...held.keys()]).toEqual(['M1']);
  expect(seen).toEqual(['M1', 'M2']);
  expect(told).toEqual(['MESH-4408']);
});

test.each<[string, Message[], [string, number][], string[]]>([
  ['an answer', [answer(asked), answer(asked)], [['QUY', 3]], []],
  [
    'a report, and an answer after it',
    [answer(asked, { report: true }), answer(asked)],
    [],
    ['MESH-4404'],
  ],
])(
  'of %s that lies there twice the first counts, and both are gone',
  async (_, messages, taken, troubles) => {
    const { box, held } = boxOf('X26HC001', ...messages);
    const one = exchangeOf({ QUY: box });
    await one.exchange.look();
    expect(one.taken).toEqual(taken);
    expect(one.troubles.map(([, code]) => code)).toEqual(troubles);
    expect([...held.keys()]).toEqual([]);
  },
);

test('a list with nobody on it is used when the next answer says the same', async () => {
  const { box, held } = boxOf('X26HC001', answer(new Uint32Array()));
  const { exchange, taken, troubles } = exchangeOf({ QUY: box });
  await exchange.look();
  expect(taken).toEqual([]);
  expect(troubles).toEqual([['QUY', 'MESH-4409']]);
  held.set('M2', answer(new Uint32Array()));
  await exchange.look();
  expect(taken).toEqual([['QUY', 0]]);
});

test('a list that was cut short once is not used when the next is whole, and does not count for a later one', async () => {
  const { box, held } = boxOf('X26HC001', answer(new Uint32Array()));
  const { exchange, taken, troubles } = exchangeOf({ QUY: box });
  await exchange.look();
  held.set('M2', answer(asked));
  await exchange.look();
  expect(taken).toEqual([['QUY', 3]]);
  held.set('M3', answer(new Uint32Array()));
  await exchange.look();
  expect(taken).toEqual([['QUY', 3]]);
  expect(troubles.map(([, code]) => code)).toEqual(['MESH-4409', 'MESH-4409']);
});

test.each<[string, unknown, string]>([
  ['that cannot be used', problem(disclosureErrors.mailboxUnavailable, 'gone'), 'MESH-4402'],
  ['with which something unforeseen happens', new SyntaxError('Unexpected token'), 'MESH-4410'],
])('a mailbox %s keeps nobody else waiting, and is noted', async (_, error, code) => {
  const broken = boxOf('X26HC001').box;
  broken.waiting = () => Promise.reject(error as Problem);
  const { exchange, taken, troubles } = exchangeOf({
    AAA: broken,
    BBB: boxOf('X26HC002', answer(asked)).box,
  });
  await exchange.look();
  expect(taken).toEqual([['BBB', 3]]);
  expect(troubles).toEqual([['AAA', code]]);
});

test('a request whose mailbox is out of reach for a moment stays asked, and its answer is taken', async () => {
  const { box, sent } = boxOf('X26HC001', answer(asked));
  const { waiting } = box;
  box.waiting = () => Promise.reject(problem(disclosureErrors.mailboxUnavailable, 'gone'));
  const { exchange, taken, troubles } = exchangeOf({ QUY: box });
  await exchange.look();
  expect(troubles).toEqual([['QUY', 'MESH-4402']]);
  box.waiting = waiting;
  await exchange.look();
  expect(sent).toEqual([]);
  expect(taken).toEqual([['QUY', 3]]);
});

test('a mailbox that two organisations share is looked into once for both', async () => {
  const { box, seen } = boxOf('X26HC001', answer(asked));
  const { exchange } = exchangeOf({ AAA: box, BBB: { ...box } });
  await exchange.look();
  expect(seen).toEqual(['M1']);
});
