import { describe, expect, it } from 'vitest';

import { fault } from '../errors.js';
import { Counters } from './counters.js';
import { lagAfter } from './publish-lag.js';

const item = (product: string, change = 'upsert') =>
  ({ changes: [{ change, product: { id: product } }], refusal: null }) as never;
const refusedItem = (product: string) => ({ changes: [], refusal: { product } }) as never;
const outcome = (name: string, errors: unknown[] = []) =>
  ({ index: 0, sourceId: null, outcome: name, errors }) as never;

describe('counters', () => {
  it('count per product what became of items, refusals once per code', () => {
    const counters = new Counters();
    const broken = fault('fieldMissing', '/a');
    counters.count(
      [item('gp.a'), item('gp.a'), refusedItem('gp.a'), item('gp.b'), item('gp.a', 'expire')],
      [
        outcome('accepted'),
        outcome('unchanged'),
        outcome('quarantined', [broken, broken]),
        outcome('retracted'),
        outcome('unchanged'),
      ],
    );
    expect(counters.of('gp.a')).toEqual({
      ...{ accepted: 1, unchanged: 1, retracted: 0, refused: 1 },
      refusals: [{ code: broken.code, records: 1 }],
      lastAcceptedAt: expect.any(String) as string,
    });
    expect(counters.of('gp.b')).toMatchObject({ accepted: 0, retracted: 1, lastAcceptedAt: null });
  });
});

it('counts an item that says beside its record whether somebody is restricted by its record alone', () => {
  const counters = new Counters();
  const restriction = { change: 'restriction', product: { id: 'gp.a' } };
  const upsert = { change: 'upsert', product: { id: 'gp.b' } };
  const items = [
    { changes: [restriction, upsert], refusal: null },
    { changes: [restriction], refusal: null },
    { changes: [restriction], refusal: { product: 'gp.b' } },
  ];
  counters.count(items as never, [
    ...[
      outcome('accepted'),
      outcome('accepted'),
      outcome('quarantined', [fault('fieldMissing', '/')]),
    ],
  ]);
  expect(counters.of('gp.a')).toMatchObject({ accepted: 0, refused: 0 });
  expect(counters.of('gp.b')).toMatchObject({ accepted: 1, refused: 1 });
});

describe('the lag of publishing', () => {
  it('is how long the oldest position not yet passed has been known', () => {
    const samples = [
      { at: 1_000, last: [5, 0] },
      { at: 2_000, last: [9, 3] },
      { at: 3_000, last: [9, 3] },
    ];
    expect(lagAfter(samples, [9, 3], 3_500)).toBe(0);
    expect(lagAfter(samples, [5, 3], 3_500)).toBe(1_500);
    expect(lagAfter(samples, [4, 0], 3_500)).toBe(2_500);
    expect(lagAfter([], [0, 0], 3_500)).toBe(0);
  });
});
