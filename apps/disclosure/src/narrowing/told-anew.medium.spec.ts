import { keys } from '@caremesh/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { INDIVIDUAL_CARE } from '../part.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { DOMAIN_KEYS, person, personOf } from '../spec/publisher.js';
import { liveOf } from '../spec/reader.js';

const PRODUCT = 'gp.medication-statement';
const [HERE, ELSEWHERE] = ['A20047', 'B83002'];
const who = person(21);
const partitionOf = (n: number) => keys.partitionOf(personOf(PRODUCT, person(n)), 6);
const others = Array.from({ length: 60 }, (_, at) => at + 30).filter(
  (n) => partitionOf(n) === partitionOf(21),
);
let rig: Rig;
let view: GrantedView;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 63, INDIVIDUAL_CARE);
  view = await rig.grant('toldanew', {
    recipient: { organisation: 'QUY', purpose: 'individual-care' },
    ...{ commonLaw: 'direct-care', narrowedTo: [HERE] },
  });
});
afterAll(() => rig.close());

const record = (n: number) => keys.recordKey(DOMAIN_KEYS.gp, PRODUCT, `source-${n}`);
/** Records of the source are the newer the higher their number. */
const becoming = async (...wanted: number[]) => {
  const live = async () => {
    await rig.look();
    return liveOf(await rig.read(view, 0), personOf(PRODUCT, who));
  };
  const expected = wanted.map(record).sort();
  await vi.waitFor(async () => expect((await live()).sort()).toEqual(expected), {
    timeout: 30_000,
  });
};
/** What was published is decided once what came behind it in its partition is: the view has a record of somebody else who is here. */
const settled = async () => {
  const n = others.shift()!;
  const other = person(n);
  await rig.publish([n, other, { practice: HERE }]);
  await vi.waitFor(
    async () =>
      expect(liveOf(await rig.read(view, 0), personOf(PRODUCT, other))).toEqual([record(n)]),
    { timeout: 30_000 },
  );
};

test('records told anew in another order leave somebody with whom their newest names', async () => {
  await rig.publish([1, who, { practice: ELSEWHERE }], [9, who, { practice: HERE, sequence: 2 }]);
  await becoming(1, 9);
  await rig.publish(
    [9, who, { practice: HERE, revision: 2, sequence: 3 }],
    [1, who, { practice: ELSEWHERE, revision: 2, sequence: 4 }],
  );
  await settled();
  await becoming(1, 9);
});

test('so does an old record that comes late, and one that says nothing of it', async () => {
  await rig.publish(
    [2, who, { practice: ELSEWHERE, sequence: 5 }],
    [10, who, { practice: null, sequence: 6 }],
  );
  await settled();
  await becoming(1, 2, 9, 10);
});

test('what ended says nothing any more, and says what it said once it is told again', async () => {
  await rig.publish([9, who, { changeType: null, revision: 3, sequence: 7 }]);
  await becoming();
  await rig.publish([9, who, { practice: HERE, revision: 4, sequence: 8 }]);
  await becoming(1, 2, 9, 10);
});
