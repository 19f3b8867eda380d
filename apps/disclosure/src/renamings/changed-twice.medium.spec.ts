import { names } from '@caremesh/contract';
import { SchemaRegistry } from '@caremesh/product';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';
import type { Person } from '../spec/publisher.js';

const PEOPLE = 60;
const GRANT = 'changedtwice';
const terms = { commonLaw: 'consent' as const };
let rig: Rig;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 64);
});
afterAll(() => rig.close());

async function lists() {
  const topic = names.renamingsTopic(GRANT);
  const schemaId = await new SchemaRegistry(rig.stack.registryUrl).latestId(names.subjectOf(topic));
  const told = await rig.read({ topic, schemaId: schemaId! }, 0);
  return told.map(({ value }) => {
    const { before, view, people } = value as { before: string; view: string; people: unknown[] };
    return `${before} ${view} ${people.length}`;
  });
}

test('of two changes that are decided before the first is filled, each is told whole', async () => {
  const first = await rig.grant(GRANT, terms);
  const records = Array.from({ length: PEOPLE }, (_, n): [number, Person] => [
    n,
    person(8_000 + n),
  ]);
  await rig.publish(...records);
  expect(await rig.read(first, PEOPLE)).toHaveLength(PEOPLE);
  const { watch, renamings } = rig.parts;
  // Nothing is begun until all of them are there. The newest generation is begun first, and as many fill at a time as there are here.
  const away = vi.spyOn(watch, 'look').mockResolvedValue(undefined);
  for (const id of ['otheraaaa', 'otherbbbb', 'othercccc']) await rig.grant(id, terms);
  const third = await rig.grant(GRANT, { ...terms, keyGeneration: 3 });
  const second = await rig.grant(GRANT, { ...terms, keyGeneration: 2 });
  away.mockRestore();
  const both = [
    `${first.topic} ${second.topic} ${PEOPLE}`,
    `${second.topic} ${third.topic} ${PEOPLE}`,
  ];
  await vi.waitFor(
    async () => {
      await rig.look();
      await renamings.look();
      expect((await lists()).toSorted()).toEqual(both.toSorted());
    },
    { timeout: 60_000, interval: 300 },
  );
}, 90_000);
