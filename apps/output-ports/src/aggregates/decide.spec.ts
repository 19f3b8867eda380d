import { expect, it } from 'vitest';

import { decide } from './decide.js';
import { memory, Population } from './population.fixture.js';
import { USUAL } from './small-numbers.js';

const COLUMNS = Array.from({ length: 13 }, (_, n) => `column${n}`);
const everybody = Array.from({ length: 20 }, (_, n) => ({
  person: `p${n}`,
  ...Object.fromEntries(COLUMNS.map((name) => [name, 'same'])),
}));

it.each([
  [8, null],
  [9, 'MESH-4512'],
  [13, 'MESH-4512'],
])(
  'of a table of %d columns, those of conditions among them, the refusal is %s',
  async (count, code) => {
    const counting = {
      ...{ unit: 'people' as const, where: [], stated: null },
      by: COLUMNS.slice(0, count),
    };
    const view = new Population(everybody, COLUMNS);
    const work = { view, others: [], history: memory(), rules: USUAL, most: 60, asOf: null };
    const outcome = await decide(work, counting).then(
      ({ cells }) => cells.length,
      (error: { code?: string }) => error.code,
    );
    expect(outcome).toBe(code ?? 1);
  },
);
