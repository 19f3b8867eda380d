import { keys, names } from '@caremesh/contract';
import { SchemaRegistry } from '@caremesh/product';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';
import type { Disclosed } from '../spec/reader.js';

/** What a view has of somebody whom their publisher tells anew because they are restricted, or because they no longer are. */
const MAJOR = 35;
const [HERE, SERVICE] = ['B83002', 'A20047'];
const [numbered, nameless] = [person(71), person(80)];
let rig: Rig;
let view: GrantedView;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, MAJOR);
  view = await rig.grant('restricted', { commonLaw: 'consent' });
});
afterAll(() => rig.close());

/** What a record of a view says of where its person is, and which version of it that is. */
const placeOf = ({ value, headers }: Disclosed) => ({
  revision: headers['ce_recordrevision'],
  ...(value && {
    practice: value['gpPracticeOds'],
    issuer: value['localPatientIdIssuer'],
    publisher: value['publisherOds'],
  }),
});

test('a record told anew without its place stands in the view under the same name; lifted it is whole again', async () => {
  await rig.publish([1, numbered, { practice: HERE }]);
  const [whole] = await rig.read(view, 1);
  expect(placeOf(whole!)).toEqual({
    ...{ revision: '1', practice: HERE, issuer: 'A81001', publisher: 'A81001' },
  });
  await rig.publish([1, numbered, { restrictedBy: SERVICE, revision: 2, sequence: 2 }]);
  const [, hidden] = await rig.read(view, 2);
  expect(hidden!.key).toBe(whole!.key);
  expect(placeOf(hidden!)).toEqual({
    ...{ revision: '2', practice: null, issuer: null, publisher: SERVICE },
  });
  for (const told of ['A81001', HERE, numbered.localId])
    expect(hidden!.raw.includes(told)).toBe(false);
  await rig.publish([1, numbered, { practice: HERE, revision: 3, sequence: 3 }]);
  const records = await rig.read(view, 3);
  expect(placeOf(records.at(-1)!)).toEqual({ ...placeOf(whole!), revision: '3' });
});

test('whose publisher has nothing but a local identifier for them is withdrawn, and told of as anybody else is', async () => {
  await rig.publish([2, nameless, { practice: HERE }]);
  const before = await rig.read(view, 4);
  await rig.publish([2, nameless, { changeType: null, revision: 2, sequence: 2 }]);
  const gone = (await rig.read(view, 5)).at(-1)!;
  expect([gone.key, gone.value]).toEqual([before.at(-1)!.key, null]);
  await rig.parts.announcements.look(Date.now() + 1_000);
  const topic = names.withdrawalsTopic(view.grantId);
  const registry = new SchemaRegistry(rig.stack.registryUrl);
  const schemaId = (await registry.latestId(names.subjectOf(topic)))!;
  const [event] = await rig.read({ topic, schemaId }, 1);
  const { person: pseudonym, record } = keys.parseMessageKey(gone.key)!;
  expect(event!.value).toMatchObject({ people: [{ person: pseudonym, recordIds: [record] }] });
});
