import { names } from '@caremesh/contract';
import { brokerAdmin } from '@caremesh/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';

const MAJOR = 14;
const PATIENCE = { timeout: 30_000, interval: 200 };
let rig: Rig;
let admin: ReturnType<typeof brokerAdmin>;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, MAJOR);
  admin = brokerAdmin(rig.stack);
});
afterAll(async () => {
  await admin.close();
  await rig.close();
});

/** How many members the group has that reads the edition; there is one group. */
async function members(): Promise<number> {
  const prefix = `mesh.disclosure.${names.secondaryTopic('gp.medication-statement', MAJOR)}.`;
  const groups = [...(await admin.listGroups()).keys()].filter((id) => id.startsWith(prefix));
  if (groups.length !== 1) return groups.length;
  const described = await admin.describeGroups({ groups });
  return described.get(groups[0]!)!.members.size;
}

test('an edition with a view is read in two lanes of one group, and in none when its last view has ended', async () => {
  const view = await rig.grant('lanesone', { commonLaw: 'consent' });
  await rig.publish([1, person(41)], [2, person(42)]);
  expect(await rig.read(view, 2)).toHaveLength(2);
  await vi.waitUntil(async () => (await members()) === 2, PATIENCE);
  rig.granted.length = 0;
  await rig.look();
  await vi.waitUntil(async () => (await members()) === 0, PATIENCE);
});
