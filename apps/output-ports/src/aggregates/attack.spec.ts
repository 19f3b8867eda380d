import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { answered } from './aggregates.js';
import type { Work } from './decide.js';
import { keyOf } from './history.js';
import type { Entry } from './history.js';
import { memory, Population } from './population.fixture.js';
import type { Case } from './population.fixture.js';
import { questionBody } from './question.js';
import type { Question } from './question.js';
import { isSmall, toldCount, USUAL } from './small-numbers.js';

type Range = { lo: number; hi: number };
type Known = { cells: Range[][]; rows: Range[]; columns: Range[]; all: Range };
const MANY = 10_000;

/** Whether there is a table of whole numbers with everything in its range: a circulation with bounds on every edge. */
function isPossible({ cells, rows, columns, all }: Known): boolean {
  const [height, width] = [rows.length, columns.length];
  const [from, to, source, sink] = [0, 1, 2 + height + width, 3 + height + width];
  const room = Array.from({ length: sink + 1 }, () => new Array<number>(sink + 1).fill(0));
  const add = (a: number, b: number, more: number) => (room[a]![b] = room[a]![b]! + more);
  let needed = 0;
  const edge = (a: number, b: number, { lo, hi }: Range) => {
    if (lo > hi) needed = Infinity;
    add(a, b, Math.min(hi, MANY) - lo);
    add(source, b, lo);
    add(a, sink, lo);
    needed += lo;
  };
  rows.forEach((range, y) => edge(from, 2 + y, range));
  columns.forEach((range, x) => edge(2 + height + x, to, range));
  cells.forEach((row, y) => row.forEach((range, x) => edge(2 + y, 2 + height + x, range)));
  edge(to, from, all);
  const push = (node: number, most: number, seen: Set<number>): number => {
    if (node === sink) return most;
    seen.add(node);
    for (let next = 0; next <= sink; next += 1) {
      const open = room[node]![next]!;
      if (open <= 0 || seen.has(next)) continue;
      const sent = push(next, Math.min(most, open), seen);
      if (sent === 0) continue;
      add(node, next, -sent);
      add(next, node, sent);
      return sent;
    }
    return 0;
  };
  let flow = 0;
  for (let sent = 1; sent > 0 && flow < needed; flow += sent) sent = push(source, MANY, new Set());
  return flow === needed;
}

/**
 * What the rules say of a number that is told so, or not. Of what is not shown the reader knows that it is empty, but
 * within a group of few, where nothing is.
 */
function rangeOf(cell: Entry | undefined, ...within: (Entry | undefined)[]): Range {
  const isOfFew = within.some((one) => one !== undefined && isSmall(one.people, USUAL));
  if (cell === undefined) return { lo: 0, hi: isOfFew ? MANY : 0 };
  const { told, isVeiled } = cell;
  if (isVeiled) return { lo: 0, hi: MANY };
  if (told.value === 0) return { lo: 0, hi: 0 };
  if (told.value !== null) return { lo: Math.max(8, told.value - 2), hi: told.value + 2 };
  return told.suppressed === 'small-number' ? { lo: 1, hi: 7 } : { lo: 8, hi: MANY };
}

const workOn = (view: Population, over: Partial<Work> = {}): Work => ({
  ...{ view, others: [], history: memory(), rules: USUAL, most: 60, asOf: null, ...over },
});
const ask = (work: Work, question: object) =>
  answered(work, questionBody.parse({ product: 'a.b', ...question }) satisfies Question);
const numbers = async (work: Work, question: object) =>
  (await ask(work, question)).cells.map(({ suppressed, value }) => suppressed ?? value);

/** So many people of each pair of values. */
const crossed = (counts: readonly (readonly number[])[]): Case[] =>
  counts.flatMap((row, y) =>
    row.flatMap((count, x) =>
      Array.from({ length: count }, (_, n) => ({
        person: `${y} ${x} ${n}`,
        a: `a${y}`,
        b: `b${x}`,
      })),
    ),
  );
/** So many people of each value, one record each. */
const split = (counts: Record<string, number>): Case[] =>
  Object.entries(counts).flatMap(([a, count]) =>
    Array.from({ length: count }, (_, n) => ({ person: `${a} ${n}`, a })),
  );

const values = (letter: string, counts: readonly unknown[]) =>
  counts.map((_, at) => `${letter}${at}`);

describe('somebody who asks much and reckons', () => {
  const count = fc.oneof(fc.nat(8), fc.nat(8), fc.nat(30));
  const table = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
    .chain(([height, width]) =>
      fc.array(fc.array(count, { minLength: width, maxLength: width }), {
        minLength: height,
        maxLength: height,
      }),
    );
  const listed = (letter: string) =>
    fc
      .uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 })
      .map((all) => all.map((n) => `${letter}${n}`));
  const anything = fc.record(
    {
      by: fc.subarray(['a', 'b']),
      where: fc.record({ a: listed('a'), b: listed('b') }, { requiredKeys: [] }),
      measure: fc.constantFrom('count', 'rate'),
    },
    { requiredKeys: [] },
  );
  const questions = fc
    .array(anything, { maxLength: 8 })
    .map((all) =>
      all.map((one) => (one.measure === 'rate' ? { ...one, having: { b: 'b0' } } : one)),
    );
  const TABLES = [{}, { by: ['a'] }, { by: ['b'] }, { by: ['a', 'b'] }];
  const order = fc.shuffledSubarray(TABLES, { minLength: TABLES.length });

  it('is left three values or more of everything suppressed, whatever was asked in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(table, questions, order, async (counts, some, all) => {
        const work = workOn(new Population(crossed(counts), ['a', 'b']));
        for (const question of [...some, ...all]) await ask(work, question);
        const cellsBy = (...by: string[]) =>
          work.history.before.find(({ counting }) => keyOf(counting.by) === keyOf(by))!.cells;
        const rows = values('a', counts);
        const columns = values('b', counts[0]!);
        const known: Known = {
          cells: rows.map((a) =>
            columns.map((b) => {
              const within = [cellsBy('a').get(keyOf([a])), cellsBy('b').get(keyOf([b]))];
              return rangeOf(cellsBy('a', 'b').get(keyOf([a, b])), ...within);
            }),
          ),
          rows: rows.map((a) => rangeOf(cellsBy('a').get(keyOf([a])))),
          columns: columns.map((b) => rangeOf(cellsBy('b').get(keyOf([b])))),
          all: rangeOf(cellsBy().get(keyOf([]))),
        };
        expect(isPossible(known)).toBe(true);
        for (const range of [...known.cells.flat(), ...known.rows, ...known.columns, known.all]) {
          const { lo, hi } = range;
          if (lo !== 1 || hi !== 7) continue;
          const possible = [1, 2, 3, 4, 5, 6, 7].filter((value) => {
            Object.assign(range, { lo: value, hi: value });
            return isPossible(known);
          });
          Object.assign(range, { lo, hi });
          expect(possible.length).toBeGreaterThanOrEqual(3);
        }
      }),
      { numRuns: Number(process.env['ATTACKS'] ?? 400) },
    );
  });

  it('has of a list of values the sum of what each is told as, and nothing of the others', async () => {
    await fc.assert(
      fc.asyncProperty(table, listed('a'), listed('b'), async (counts, a, b) => {
        const work = workOn(new Population(crossed(counts), ['a', 'b']));
        const [sum] = (await ask(work, { where: { a, b } })).cells;
        let told = 0;
        for (const one of a) {
          for (const other of b) {
            const [cell] = (await ask(work, { where: { a: one, b: other } })).cells;
            told += cell?.value ?? 0;
          }
        }
        expect(sum?.value ?? 0).toBe(told);
      }),
      { numRuns: 100 },
    );
  });

  it('cannot have every one of seven groups in a group of seven', async () => {
    const work = workOn(
      new Population(
        crossed([
          [1, 1, 1, 1, 1, 1, 1],
          [9, 9, 9, 9, 9, 9, 9],
        ]),
        ['a', 'b'],
      ),
    );
    expect(await numbers(work, { by: ['a'] })).toEqual(['small-number', 65]);
    expect(await numbers(work, { where: { a: 'a0' }, by: ['b'] })).toEqual([]);
    expect(await numbers(work, { where: { a: 'a0', b: 'b0' } })).toEqual(['small-number']);
    expect(await numbers(work, { where: { a: 'a0', b: 'none' } })).toEqual(['small-number']);
    expect(await numbers(work, { where: { a: 'a1' }, by: ['b'] })).toHaveLength(7);
  });

  it('does not learn how many records a few people have', async () => {
    const records = [
      ...split({ w: 200, x: 200 }),
      ...split({ r: 3 }).flatMap((one) => [one, { ...one }, { ...one }, { ...one }]),
    ];
    const work = workOn(new Population(records, ['a']));
    expect(await numbers(work, { unit: 'records', by: ['a'] })).toEqual([200, 200, 'small-number']);
    expect(await numbers(work, { unit: 'records' })).toEqual(['differencing']);
    expect(await numbers(work, { unit: 'records', where: { a: ['w', 'x'] } })).toEqual([400]);
  });

  it('is not answered through another grant what would give away an answer of the first', async () => {
    const people = split({ a: 95, b: 100, old: 5 }).map((one) => ({ ...one, status: 'active' }));
    const work = workOn(new Population(people, ['a', 'status']));
    expect(await numbers(work, { by: ['a'] })).toEqual([95, 100, 'small-number']);
    const other = { ...work, view: new Population(people, ['status']) };
    expect(await numbers(other, {})).toEqual(['differencing']);
    expect(await numbers(other, { by: ['status'] })).toEqual(['differencing']);
    const both = { ...other, others: [work.view] };
    expect(await numbers(both, { by: ['status'] })).toEqual(['differencing']);
  });

  it('of columns that no view has together: withheld if the two could differ by a few', async () => {
    const people = split({ x: 50, y: 100 }).map((one, n) => ({ ...one, b: n < 53 ? 'p' : 'q' }));
    const work = workOn(new Population(people, ['a']));
    expect(await numbers(work, { by: ['a'] })).toEqual([50, 100]);
    const other = { ...work, view: new Population(people, ['b']) };
    expect(await numbers(other, { by: ['b'] })).toEqual(['differencing', 'differencing']);
  });
});

describe('what was told', () => {
  it('stays told in every wording, though a few came and went', async () => {
    const view = new Population(split({ x: 69, y: 26 }), ['a']);
    const work = workOn(view);
    expect(await numbers(work, { by: ['a'] })).toEqual([70, 25]);
    view.cases = split({ x: 65, y: 30 });
    for (const question of [
      { by: ['a'] },
      { by: ['a', 'a'] },
      { by: ['a'], where: { a: ['y', 'x'] } },
    ]) {
      expect(await numbers(work, question)).toEqual([70, 25]);
    }
    expect(await numbers(work, { where: { a: 'x' } })).toEqual([70]);
    view.cases = split({ x: 90, y: 30 });
    expect(await numbers(work, { by: ['a'] })).toEqual([90, 25]);
  });

  it('has a mean that stays as long as its cases do', async () => {
    const timed = (number: number) => split({ x: 40 }).map((one) => ({ ...one, number }));
    const view = new Population(timed(35), ['a', 'number']);
    const work = workOn(view);
    const mean = { measure: 'mean', of: 'number', unit: 'records' };
    expect(await numbers(work, mean)).toEqual([35]);
    view.cases = timed(35).map((one, n) => (n < 4 ? { ...one, number: 80 } : one));
    expect(await numbers(work, mean)).toEqual([35]);
  });

  it('is not forgotten when it is asked for again', async () => {
    const people = split({ x: 95, y: 100, few: 5 });
    const work = workOn(new Population(people, ['a']));
    expect(await numbers(work, {})).toEqual([200]);
    const parts = ['differencing', 'small-number', 100];
    const byName = async () =>
      (await numbers(work, { by: ['a'] })).sort((p, q) => (String(p) < String(q) ? 1 : -1));
    expect(await byName()).toEqual([...parts.slice(1, 2), 'differencing', 100]);
    expect(await numbers(work, {})).toEqual([200]);
    expect(await byName()).toEqual([...parts.slice(1, 2), 'differencing', 100]);
  });

  it('is a rate with both its parts, or with neither', async () => {
    const work = workOn(
      new Population(
        crossed([
          [60, 0],
          [20, 30],
        ]),
        ['a', 'b'],
      ),
    );
    const { cells } = await ask(work, { measure: 'rate', by: ['a'], having: { b: 'b0' } });
    expect(cells).toMatchObject([
      { value: null, suppressed: 'whole-group', numerator: null, denominator: null },
      { value: 40, numerator: 20, denominator: 50 },
    ]);
  });

  it('is of so many tables and no more, in however many wordings', async () => {
    const people = split({ x: 50, y: 60 }).map((one) => ({ ...one, b: 'same' }));
    const work = workOn(new Population(people, ['a', 'b']), { most: 2 });
    expect(toldCount(110, USUAL).value).toBe(110);
    expect(await numbers(work, { by: ['a'] })).toEqual([50, 60]);
    for (const a of ['x', 'y', 'none']) await ask(work, { where: { a } });
    await ask(work, { by: ['b'] });
    expect(work.history.before).toHaveLength(2);
    await expect(ask(work, {})).rejects.toMatchObject({ code: 'MESH-4513' });
    expect(await numbers(work, { where: { a: ['x', 'y'] } })).toEqual([110]);
  });
});
