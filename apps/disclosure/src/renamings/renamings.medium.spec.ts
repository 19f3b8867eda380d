import { names } from '@caremesh/contract';
import { SchemaRegistry } from '@caremesh/product';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';
import type { Person } from '../spec/publisher.js';
import type { Disclosed } from '../spec/reader.js';

const N = 60;
const GRANT = 'renamedone';
const terms = { commonLaw: 'consent' as const };
let rig: Rig;
beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 10);
});
afterAll(() => rig.close());

/** Who somebody is, by when the source changed their record. */
const timesOf = (records: readonly Disclosed[]) =>
  new Map(
    records.flatMap(({ value }) =>
      value ? [[Number(value['sourceSystemUpdatedAt']), String(value['person'])] as const] : [],
    ),
  );
async function listOf(grant: string, atLeast: number): Promise<Disclosed[]> {
  const topic = names.renamingsTopic(grant);
  const schemaId = await new SchemaRegistry(rig.stack.registryUrl).latestId(names.subjectOf(topic));
  return rig.read({ topic, schemaId: schemaId! }, atLeast);
}
async function lookTwice(): Promise<void> {
  for (let n = 0; n < 2; n++) {
    await rig.look();
    await rig.parts.renamings.look();
  }
}

test('a key that was changed by decision fills a view beside the former, and tells its recipient once who became whom', async () => {
  const former = await rig.grant(GRANT, terms);
  const other = await rig.grant('anothers', {
    ...terms,
    recipient: { organisation: 'QR1', purpose: 'research' },
  });
  await rig.publish(
    ...Array.from({ length: N }, (_, n): [number, Person] => [n, person(8_000 + n)]),
  );
  expect(await rig.read(former, N)).toHaveLength(N);
  const renamed = await rig.grant(GRANT, { ...terms, keyGeneration: 2 });
  expect(renamed.topic).toBe(`${former.topic}.g2`);
  await rig.publish([N, person(8_000 + N)]);
  const [before, after, theirs] = [
    await rig.read(former, N + 1),
    await rig.read(renamed, N + 1),
    await rig.read(other, N + 1),
  ];
  expect([before.length, after.length, theirs.length]).toEqual([N + 1, N + 1, N + 1]);
  // Whose record ends while the new view is filled is in neither any more when the list is told.
  await rig.publish([N, person(8_000 + N), { revision: 2, changeType: null }]);
  for (const view of [former, renamed]) await rig.read(view, N + 2);
  const [was, is] = [timesOf(before), timesOf(after)];
  for (const times of [was, is]) expect(times.delete(1_760_000_000_123 + N)).toBe(true);
  const [old, fresh] = [new Set(was.values()), new Set(is.values())];
  expect([...fresh].filter((name) => old.has(name))).toEqual([]);
  await lookTwice();
  const told = await listOf(GRANT, 1);
  expect(told).toHaveLength(1);
  expect(told[0]!.value).toMatchObject({
    ...{ before: former.topic, view: renamed.topic, part: 1, parts: 1 },
  });
  const pairs = told[0]!.value!['people'] as { before: string; person: string }[];
  expect(pairs).toHaveLength(N);
  expect(new Set(pairs.map((one) => one.before))).toEqual(old);
  expect(new Set(pairs.map((one) => one.person))).toEqual(fresh);
  // One person, by a record's place among those that only they have.
  const became = new Map(pairs.map((one) => [one.before, one.person]));
  for (const [time, name] of was) expect(became.get(name)).toBe(is.get(time));
});

test('the former view ends with its time, and the names of the new one stay', async () => {
  const at = rig.granted.findIndex(
    ({ topic, grantId }) => grantId === GRANT && !topic.endsWith('.g2'),
  );
  const [former] = rig.granted.splice(at, 1);
  await rig.look();
  const renamed = rig.granted.find(({ topic }) => topic.endsWith('.g2'))!;
  await rig.publish([N + 1, person(8_000)]);
  const after = await rig.read(renamed, N + 3);
  expect(after).toHaveLength(N + 3);
  expect(new Set(timesOf(after).values()).size).toBe(N + 1);
  expect(await rig.read(former!, N + 2)).toHaveLength(N + 2);
  await lookTwice();
  expect(await listOf(GRANT, 1)).toHaveLength(1);
});
