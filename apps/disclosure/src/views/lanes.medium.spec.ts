import { names } from '@caremesh/contract';
import { brokerAdmin } from '@caremesh/testing';
import { afterEach, expect, test, vi } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';
import type { Person } from '../spec/publisher.js';

const PATIENCE = { timeout: 30_000, interval: 200 };
/** What runs in these specs: ended after each. */
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function started(major: number, tuning: Parameters<typeof disclosureRig>[1] = {}) {
  const rig = await disclosureRig(() => null, tuning, major);
  open.push(() => rig.close());
  const admin = brokerAdmin(rig.stack);
  open.push(() => admin.close());
  /** How many members the group has that reads the edition; there is one group. */
  const members = async (): Promise<number> => {
    const prefix = `mesh.disclosure.${names.secondaryTopic('gp.medication-statement', major)}.`;
    const groups = [...(await admin.listGroups()).keys()].filter((id) => id.startsWith(prefix));
    if (groups.length !== 1) return groups.length;
    const described = await admin.describeGroups({ groups });
    return described.get(groups[0]!)!.members.size;
  };
  return { rig, until: (n: number) => vi.waitUntil(async () => (await members()) === n, PATIENCE) };
}

test('an edition with a view is read in two lanes of one group, and in none when its last view has ended', async () => {
  const { rig, until } = await started(14);
  const view = await rig.grant('lanesone', { commonLaw: 'consent' });
  await rig.publish([1, person(41)], [2, person(42)]);
  expect(await rig.read(view, 2)).toHaveLength(2);
  await until(2);
  rig.granted.length = 0;
  await rig.look();
  await until(0);
});

test('a lane beside is taken over when views are many, and given back when they are few; every view has every record', async () => {
  const { rig, until } = await started(60, {
    lanesHere: (views) => (views > 1 ? [0, 1] : [0]),
    viewsTogether: 1,
  });
  const other = await rig.beside((views) => (views > 1 ? [] : [1]));
  open.push(() => other.end());
  const look = async (): Promise<void> => {
    await rig.look();
    await other.parts.watch.join();
  };
  const here = () => rig.parts.transport.subscriptions().length;
  const beside = () => other.parts.transport.subscriptions().length;
  const untilRead = (first: number, second: number) =>
    vi.waitUntil(async () => {
      await look();
      return here() === first && beside() === second;
    }, PATIENCE);
  const told = async (view: GrantedView, n: number) =>
    (await rig.read(view, n)).filter(({ value }) => value !== null).length;

  const first = await rig.grant('lanefirst', { commonLaw: 'consent' });
  await look();
  await until(2);
  await rig.publish(...many(1, 20));
  expect(await told(first, 20)).toBe(20);
  await untilRead(1, 1);

  const second = await rig.grant('lanesecond', { commonLaw: 'consent' });
  await untilRead(2, 0);
  await rig.publish(...many(21, 40));
  expect(await told(first, 40)).toBe(40);
  expect(await told(second, 40)).toBe(40);

  rig.granted.splice(1);
  await untilRead(1, 1);
  await rig.publish(...many(41, 60));
  expect(await told(first, 60)).toBe(60);
});

test('an edition that several read is noted as followed once all of them together have read it', async () => {
  const { rig, until } = await started(61, { lanesHere: () => [0], absenceNotedEveryMs: 0 });
  const other = await rig.beside(() => [1]);
  open.push(() => other.end());
  await rig.publish(...many(1, 40));
  const view = await rig.grant('lanesnote', { commonLaw: 'consent' });
  await other.parts.watch.join();
  await until(2);
  expect(await rig.read(view, 40)).toHaveLength(40);
  // The first begins anew, and the partitions that the other has are never its own.
  await rig.restart(undefined);
  await rig.look();
  await until(2);
  await rig.pool.query(`UPDATE edition SET followed_at = now() - interval '3 days'`);
  await vi.waitUntil(async () => {
    await rig.look();
    const { rows } = await rig.pool.query<{ now: boolean }>(
      `SELECT followed_at > now() - interval '1 minute' AS now FROM edition`,
    );
    return rows[0]!.now;
  }, PATIENCE);
});

const many = (from: number, to: number): [number, Person][] =>
  Array.from({ length: to - from + 1 }, (_, at) => [from + at, person(from + at)]);
