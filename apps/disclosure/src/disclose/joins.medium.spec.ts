import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person, versions } from '../spec/publisher.js';
import type { Person } from '../spec/publisher.js';
import type { Disclosed } from '../spec/reader.js';

const N = 200;
let rig: Rig;
beforeAll(async () => {
  rig = await disclosureRig(() => null, {}, 8);
});
afterAll(() => rig.close());

/** Dates and coded values are what was granted, the same for everybody who has them. */
const { fields } = versions['gp.medication-statement']!.contract!;
const excepted = new Set([
  'ce_time',
  ...fields
    .filter(({ logicalType, codes }) => logicalType !== 'string' || codes !== undefined)
    .map(({ name }) => name)
    // Made by the view, and no date that was granted.
    .filter((name) => name !== 'recordedAt'),
]);

/** Everything a recipient has of its records, by column: parts of the key, headers, each field at any depth. */
function columnsOf(records: readonly Disclosed[]): Map<string, string[]> {
  const columns = new Map<string, string[]>();
  const put = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) put(name, one);
    else if (typeof value === 'object' && value !== null)
      for (const [inner, one] of Object.entries(value)) put(`${name}.${inner}`, one);
    else if (value !== null && value !== undefined && !excepted.has(name))
      columns.set(name, [...(columns.get(name) ?? []), `${value as string}`]);
  };
  for (const { key, headers, value, timestamp } of records) {
    put('timestamp', timestamp);
    put('key', key);
    key.split('.').forEach((part, at) => put(`key part ${at}`, part));
    for (const [name, text] of Object.entries(headers)) put(name, text);
    for (const [name, held] of Object.entries(value ?? {})) put(name, held);
  }
  return columns;
}

/** Values that occur once in a column: only those say which record it is. */
function telling(values: readonly string[]): Set<string> {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return new Set([...times].filter(([, count]) => count === 1).map(([value]) => value));
}

/** Every pair of columns, one of each recipient, in which one value leads from one record to one record. */
function joins(one: readonly Disclosed[], other: readonly Disclosed[]): string[] {
  const theirs = [...columnsOf(other)].map(([name, values]) => [name, telling(values)] as const);
  return [...columnsOf(one)].flatMap(([name, values]) => {
    const mine = [...telling(values)];
    return theirs
      .filter(([, held]) => mine.some((value) => held.has(value)))
      .map(([with_]) => `${name} = ${with_}`);
  });
}

test('two recipients of one product can join their records on no pair of columns; one recipient can', async () => {
  const consent = { commonLaw: 'consent' as const };
  const of = (organisation: string) => ({
    ...consent,
    recipient: { organisation, purpose: 'research' as const },
  });
  const mine = await rig.grant('joinsmine', of('QUY'));
  const again = await rig.grant('joinsagain', of('QUY'));
  const theirs = await rig.grant('joinstheirs', of('QR1'));
  await rig.publish(
    ...Array.from({ length: N }, (_, n): [number, Person] => [n, person(7_000 + n)]),
  );
  const [own, second, other] = [
    await rig.read(mine, N),
    await rig.read(again, N),
    await rig.read(theirs, N),
  ];
  expect([own.length, second.length, other.length]).toEqual([N, N, N]);
  expect(columnsOf(own).size).toBeGreaterThan(12);
  expect(joins(own, other)).toEqual([]);
  // The program sees a join where there is one: the same recipient and purpose.
  expect(joins(own, second)).toEqual(
    expect.arrayContaining(['person = person', 'recordId = recordId', 'ce_id = ce_id']),
  );
});

test('nor by when a record came, where they come one at a time', async () => {
  const of = (organisation: string) => ({
    commonLaw: 'consent' as const,
    recipient: { organisation, purpose: 'audit' as const },
  });
  const [mine, theirs] = [
    await rig.grant('joinsaudit', of('QUY')),
    await rig.grant('joinsauditors', of('QR1')),
  ];
  const told = async () => {
    const { rows } = await rig.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM view_record JOIN view ON id = view_id WHERE topic = ANY($1)`,
      [[mine.topic, theirs.topic]],
    );
    return rows[0]!.n;
  };
  await vi.waitUntil(async () => (await told()) === 2 * N, 10_000);
  for (let n = 0; n < 10; n++) {
    await rig.publish([N + n, person(8_001 + n)]);
    await vi.waitUntil(async () => (await told()) === 2 * (N + n + 1), 10_000);
  }
  const [own, other] = [await rig.read(mine, 10), await rig.read(theirs, 10)];
  expect(joins(own.slice(-10), other.slice(-10))).toEqual([]);
});
