import { afterAll, beforeAll, expect, test } from 'vitest';

import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';
import type { Person } from '../spec/publisher.js';

const MAJOR = 15;
const [stays, comes, later] = [person(51), person(52), person(53)];
let rig: Rig;

beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, MAJOR);
});
afterAll(async () => {
  await rig.close();
});

/** What a publisher says of somebody who then chose against it: a record, a later word on it, and that it is gone. */
async function choosesAgainst(n: number, one: Person): Promise<void> {
  await rig.publish([n, one], [n, one, 2]);
  await rig.publish([n, one, { changeType: null, revision: 3 }]);
}
const granted = (id: string) => rig.grant(id, { commonLaw: 'consent' });
type Told = [code: unknown, revision: string | undefined];
const byRevision = ([, a]: Told, [, b]: Told): number => Number(a) - Number(b);
const codesIn = async (view: Awaited<ReturnType<typeof granted>>, atLeast: number) =>
  (await rig.read(view, atLeast)).map(({ value, headers }): Told => [
    value === null ? null : value['medicationCode'],
    headers['ce_recordrevision'],
  ]);
const code = '39113611000001102';

test('whoever chose against it before the first view of an edition is in none of its records, nor is what was said before the last word', async () => {
  await choosesAgainst(1, person(61));
  await rig.publish([2, stays], [2, stays, 2]);
  const view = await granted('lastwordsone');
  expect(await codesIn(view, 1)).toEqual([[code, '2']]);
});

test('nor in a view that is granted while the edition is followed, though those who had it before are told of both', async () => {
  const first = rig.granted[0]!;
  await choosesAgainst(3, person(62));
  expect(await codesIn(first, 4)).toEqual([
    [code, '2'],
    [code, '1'],
    [code, '2'],
    [null, '3'],
  ]);
  expect(await codesIn(await granted('lastwordstwo'), 1)).toEqual([[code, '2']]);
});

test('nor of what came while there was no view', async () => {
  rig.granted.length = 0;
  await rig.look();
  await choosesAgainst(4, person(63));
  await rig.publish([5, comes]);
  const view = await granted('lastwordsthree');
  expect((await codesIn(view, 2)).sort(byRevision)).toEqual([
    [code, '1'],
    [code, '2'],
  ]);
});

test('nor of what came while the service was down: all else of that is told', async () => {
  const view = rig.granted[0]!;
  await rig.restart(undefined, async () => {
    await choosesAgainst(6, person(64));
    await rig.publish([7, later], [7, later, 2]);
  });
  await rig.look();
  expect((await codesIn(view, 4)).sort(byRevision)).toEqual([
    [code, '1'],
    [code, '1'],
    [code, '2'],
    [code, '2'],
  ]);
});
