import { keys } from '@caremesh/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { INDIVIDUAL_CARE } from '../part.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { DOMAIN_KEYS, person, personOf } from '../spec/publisher.js';
import { liveOf } from '../spec/reader.js';
import type { Disclosed } from '../spec/reader.js';

/** Views narrowed to the people who were referred to a provider: with several at a time, unlike a practice. */
const PRODUCT = 'acute.inpatient-spell';
const [HERE, THERE, PRACTICE] = ['RCB', 'RRK', 'A20047'];
const [both, there, registered] = [person(11), person(12), person(13)];
let rig: Rig;
let view: GrantedView;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 62, INDIVIDUAL_CARE, PRODUCT);
  view = await rig.grant('referredhere', {
    recipient: { organisation: 'QUY', purpose: 'individual-care' },
    ...{ commonLaw: 'direct-care', narrowedTo: [HERE, PRACTICE] },
  });
});
afterAll(() => rig.close());

const liveFor = (records: readonly Disclosed[], who: typeof both): string[] =>
  liveOf(records, personOf(PRODUCT, who));
const ids = (...records: number[]): string[] =>
  records.map((n) => keys.recordKey(DOMAIN_KEYS.gp, PRODUCT, `source-${n}`)).sort();
const live = async (atLeast: number) => {
  const records = await rig.read(view, atLeast);
  return [both, there, registered].map((who) => liveFor(records, who));
};

test('a view has everybody of whom a record names the provider, also those whom a later one names another for', async () => {
  await rig.publish(
    [1, both, { provider: HERE }],
    [2, both, { provider: THERE, sequence: 2 }],
    [3, there, { provider: THERE }],
    [4, registered, { provider: THERE, practice: PRACTICE }],
  );
  expect(await live(3)).toEqual([ids(1, 2), [], ids(4)]);
});

test('who is referred there later is told of from the beginning', async () => {
  await rig.publish([5, there, { provider: HERE, sequence: 2 }]);
  await rig.read(view, 4);
  await rig.look();
  expect(await live(5)).toEqual([ids(1, 2), ids(3, 5), ids(4)]);
});

test('who is named by no record any more leaves it, by whatever a record ended; what was said before does not bring them back', async () => {
  const before = (await rig.read(view, 0)).length;
  await rig.publish(
    [1, both, { provider: THERE, revision: 2, sequence: 3 }],
    [5, there, { changeType: null, revision: 2, sequence: 3 }],
  );
  await rig.read(view, before + 4);
  await rig.publish([1, both, { provider: HERE }], [5, there, { provider: HERE, sequence: 2 }]);
  await rig.publish([6, registered, { provider: THERE, sequence: 2 }]);
  expect(await live(before + 5)).toEqual([[], [], ids(4, 6)]);
});

test('a bare tombstone ends a referral too, and the record may come back', async () => {
  const becomes = (...records: number[]) =>
    vi.waitFor(
      async () => {
        await rig.look();
        expect(liveFor(await rig.read(view, 0), there)).toEqual(ids(...records));
      },
      { timeout: 30_000, interval: 200 },
    );
  await rig.publish([7, there, { provider: HERE, sequence: 4 }]);
  await becomes(3, 7);
  await rig.publish([7, there, { changeType: null, bare: true }]);
  await becomes();
  await rig.publish([7, there, { provider: HERE, revision: 2, sequence: 5 }]);
  await becomes(3, 7);
});
