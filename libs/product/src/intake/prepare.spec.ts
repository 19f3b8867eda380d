import { describe, expect, it } from 'vitest';
import { defineProduct } from '../define/product.js';
import type { SourceItem } from '../define/source.js';
import { FAULTS, fault, Faulty } from '../errors.js';
import { gp } from '../rig/feed.js';
import { Preparer } from './prepare.js';
import type { RunningProduct } from './prepare.js';
import { emptyAnswer, Tally } from './answer.js';

const KEY = Buffer.alloc(32, 7);
const ARRIVAL = { source: 'feed', contentType: 'text/csv', traceparent: '', receipt: 'r' };
const item = (more: Partial<SourceItem<unknown>>): SourceItem<unknown> =>
  ({ index: 6, sourceId: null, raw: '', record: {}, at: null, ...more }) as SourceItem<unknown>;
const refusing = {
  definition: defineProduct({
    contract: 'gp/medication-statement/v1',
    from: gp.sources[0] as never,
    map: () => new Faulty([fault('dateImpossible', 'START', 'in February')]),
  }),
  live: { id: 'gp.medication-statement' },
} as unknown as RunningProduct;
const prepared = (more: Partial<SourceItem<unknown>>) =>
  new Preparer(KEY, [refusing]).prepare(item(more), ARRIVAL);

describe('an item', () => {
  it('of which its place is known says it with every fault, whichever step finds it', () => {
    const message = `${FAULTS.dateImpossible.title}: in February (line 17)`;
    const errors = [{ path: 'START', code: 'MESH-2232', message, fix: FAULTS.dateImpossible.fix }];
    expect(prepared({ place: 'line 17' }).refusal?.errors).toEqual(errors);
    const unread = {
      outcome: 'quarantined' as const,
      errors: [fault('csvRowLength', 'header row')],
    };
    expect(prepared({ ...unread, place: 'line 3' }).refusal?.errors[0]?.message).toBe(
      `${FAULTS.csvRowLength.title} (line 3)`,
    );
  });

  it.each([
    ['EV-1', 'line 17', 'EV-1'],
    [null, 'line 17', 'line 17'],
    ['9434765919', 'line 17', 'line 17'],
    ['9434765919', undefined, 'item 7'],
    [null, undefined, null],
  ])('called %s at %s is shown as %s', (sourceId, place, shown) => {
    expect(prepared({ sourceId, place }).sourceId).toBe(shown);
  });
});

it.each([
  ['01', null, '/into MESH-2632'],
  ['07', '9434765919', '/into MESH-2632'],
  ['03', null, 'kept'],
  ['01', '9434765919', 'kept'],
])(
  'a merge into somebody of status %s with the number %s: %s',
  (nhsNumberStatus, number, expected) => {
    const local = (id: string) => ({ issuer: 'A81001', id });
    const merge = {
      ...{ change: 'merge', publisherOds: 'A81001', at: null },
      from: { nhsNumber: null, nhsNumberStatus: '03', local: local('x') },
      into: { nhsNumber: number, nhsNumberStatus, local: local('y') },
    };
    const definition = { ...refusing.definition, map: () => [merge] };
    const product = { ...refusing, definition } as unknown as RunningProduct;
    const { refusal, changes } = new Preparer(KEY, [product]).prepare(item({}), ARRIVAL);
    const told = (refusal?.errors ?? []).map(({ path, code }) => `${path} ${code}`);
    expect([...told, ...changes.map(() => 'kept')]).toEqual([expected]);
  },
);

it('what is odd about a submission is told once, however often it is read', () => {
  const tally = new Tally(emptyAnswer('r'));
  const warnings = [fault('csvColumnExtra', 'header row', 'column 2')];
  tally.after(0, { stored: 0, outcomes: [], warnings });
  const again = new Tally(tally.last).after(0, { stored: 0, outcomes: [], warnings });
  expect(again.warnings).toEqual(warnings);
});

it('what came too late to count is told beside the items: it has no fault', () => {
  const [late, kind] = [fault('olderThanHeld', '/'), fault('kindNotUsed', '/')];
  const outcomes = [
    { index: 0, sourceId: 'm1', outcome: 'unchanged' as const, errors: [late] },
    { index: 1, sourceId: 'm2', outcome: 'notUsed' as const, errors: [kind] },
  ];
  const { items, warnings } = new Tally(emptyAnswer('r')).after(0, { stored: 2, outcomes });
  expect(items.map(({ errors }) => errors)).toEqual([[], [kind]]);
  expect(warnings).toEqual([{ ...late, path: 'm1' }]);
});
