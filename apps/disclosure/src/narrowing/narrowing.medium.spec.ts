import { keys } from '@caremesh/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { INDIVIDUAL_CARE } from '../part.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { DOMAIN_KEYS, person, personOf } from '../spec/publisher.js';
import { liveOf } from '../spec/reader.js';
import type { Disclosed } from '../spec/reader.js';

const PRODUCT = 'gp.medication-statement';
const [HERE, ELSEWHERE] = ['A20047', 'B83002'];
const [stays, moves, comes] = [person(11), person(12), person(13)];
let rig: Rig;
let view: GrantedView;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 9, INDIVIDUAL_CARE);
  view = await rig.grant('narrowed', {
    recipient: { organisation: 'QUY', purpose: 'individual-care' },
    ...{ commonLaw: 'direct-care', narrowedTo: [HERE] },
  });
});
afterAll(() => rig.close());

const liveFor = (records: readonly Disclosed[], who: typeof stays): string[] =>
  liveOf(records, personOf(PRODUCT, who));
const record = (n: number) => keys.recordKey(DOMAIN_KEYS.gp, PRODUCT, `source-${n}`);

test('a narrowed view has the whole record of people registered there, under the publisher’s names, and of nobody else', async () => {
  await rig.publish(
    [1, stays, { practice: HERE }],
    [2, moves, { practice: HERE }],
    [3, moves, { practice: null, sequence: 2 }],
    [4, comes, { practice: ELSEWHERE }],
    [5, person(14), {}],
  );
  const records = await rig.read(view, 3);
  expect(records.map(({ key }) => key.slice(27)).sort()).toEqual([1, 2, 3].map(record).sort());
  const [first] = records.filter(
    ({ key }) => key === keys.messageKey(personOf(PRODUCT, stays), record(1)),
  );
  expect(first!.value).toMatchObject({
    ...{ nhsNumber: stays.nhsNumber, localPatientId: stays.localId, recordId: record(1) },
    ...{ postcode: stays.postcode, birthDate: 4_321, gpPracticeOds: HERE },
    medicationText: `free text of ${stays.localId}`,
  });
  expect(first!.headers['ce_id']).toBe(keys.eventId(DOMAIN_KEYS.gp, 'spec', '1', PRODUCT, 1));
  expect(Number(first!.value!['recordedAt'])).toBeLessThan(
    Date.parse(first!.headers['ce_recordedtime']!) + 1,
  );
});

test('who moves away has a tombstone for every record, and no further record', async () => {
  await rig.publish([2, moves, { practice: ELSEWHERE, revision: 2, sequence: 3 }]);
  await rig.publish(
    [6, moves, { practice: null, sequence: 4 }],
    // Sent again, late: what was said before is not said again.
    [2, moves, { practice: HERE }],
    [7, stays, { practice: HERE, sequence: 2 }],
  );
  const records = await rig.read(view, 6);
  expect(records).toHaveLength(6);
  expect(records.filter(({ value }) => value === null)).toHaveLength(2);
  expect(liveFor(records, moves)).toEqual([]);
  expect(liveFor(records, stays)).toEqual([record(1), record(7)].sort());
});

test('who comes is told of from the beginning; who comes back too, by new events', async () => {
  await rig.publish(
    [8, comes, { practice: HERE, sequence: 2 }],
    [6, moves, { practice: HERE, revision: 2, sequence: 5 }],
  );
  await rig.read(view, 8);
  await rig.look();
  const records = await rig.read(view, 11);
  expect(liveFor(records, comes)).toEqual([record(4), record(8)].sort());
  expect(liveFor(records, moves)).toEqual([record(2), record(3), record(6)].sort());
  expect(new Set(records.map(({ headers }) => headers['ce_id'])).size).toBe(records.length);
});

test('a view that nobody narrowed has nobody', async () => {
  const care = { organisation: 'QUY', purpose: 'individual-care' as const };
  const whole = await rig.grant('notnarrowed', { recipient: care, commonLaw: 'direct-care' });
  await rig.publish([9, stays, { practice: HERE, sequence: 3 }]);
  await rig.read(view, 12);
  expect(await rig.read(whole, 0)).toEqual([]);
});

test('who moved away while the grant was suspended is out of the view once it is renewed', async () => {
  const recipient = { organisation: 'QUY', purpose: 'individual-care' as const };
  const care = { recipient, commonLaw: 'direct-care' as const };
  const there = await rig.grant('narrowedthere', { ...care, narrowedTo: [ELSEWHERE] });
  await rig.read(there, 0);
  rig.granted.splice(rig.granted.indexOf(view), 1);
  await rig.look();
  // Another view of the edition learns of it.
  await rig.publish([8, comes, { practice: ELSEWHERE, revision: 2, sequence: 6 }]);
  await rig.read(there, 1);
  rig.granted.push(view);
  const isOut = async () => {
    await rig.look();
    await rig.parts.leftovers.look();
    return liveFor(await rig.read(view, 0), comes).length === 0;
  };
  await vi.waitUntil(isOut, { timeout: 30_000 });
  expect(liveFor(await rig.read(view, 0), stays)).toEqual([1, 7, 9].map(record).sort());
});
