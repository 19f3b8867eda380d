import { avroType } from '@caremesh/contract';
import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { runProduct } from '../approval/live-product.js';
import { Committer } from '../intake/committer.js';
import { Preparer } from '../intake/prepare.js';
import type { RunningProduct } from '../intake/prepare.js';
import { domainMigrations } from '../migrations/all.js';
import { Routes } from '../outbox/outbox.js';
import { unpacked } from '../outbox/pack.js';
import type { OutboxRow } from '../outbox/pack.js';
import { gp, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { readBody } from '../rig/read-body.js';
import { CONTRACT, SCHEMA_ID, SCHEMAS, SECONDARY, TOPIC } from '../rig/small-mesh.js';
import { splitWire } from '../registry/wire.js';
import { Seal } from '../sealing/seal.js';
import { apply } from './apply.js';
import { Emitter } from './emit.js';
import type { KeyedUpsert } from './model.js';
import { loadWorld, worldStatements } from './store.js';

const KEY = Buffer.alloc(32, 5);
const folder = readContractFolder(SCHEMAS, CONTRACT);
const type = avroType(JSON.parse(folder.schema) as object);
const ARRIVAL = {
  source: 'feed',
  contentType: 'application/x-ndjson',
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
  receipt: 'r',
};
let place: TestDatabase;
let database: Database;
let product: RunningProduct;
let preparer: Preparer;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations: domainMigrations });
  const version = {
    topic: TOPIC,
    schemaId: SCHEMA_ID,
    secondary: { topic: SECONDARY, schemaId: SCHEMA_ID },
    schema: folder.schema,
  };
  const routes = new Routes(database.pool);
  product = await runProduct(gp.products[0]!, folder, version, {
    routes,
    registryUrl: 'http://registry',
    schemaOf: async () => null,
  });
  preparer = new Preparer(KEY, [product]);
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

function committer(): Committer {
  return new Committer({
    databaseUrl: place.url,
    domainKey: KEY,
    seal: new Seal(KEY),
    products: () => [product.live],
    log: { warn: () => undefined },
  });
}

let index = 0;
const prepared = (line: Line) =>
  preparer.prepare(
    {
      index: index++,
      sourceId: line.id ?? null,
      raw: JSON.stringify(line),
      record: line,
      at: line.at ?? null,
    },
    ARRIVAL,
  );

type Sent = {
  person: string;
  record: string;
  sequence: number;
  revision: number;
  id: string;
  text: unknown;
  publisher: unknown;
  change: unknown;
};

/** What is in the outbox, in the order in which it is sent. */
async function sent(): Promise<Sent[]> {
  const found = await database.pool.query<OutboxRow>(
    `SELECT route, hash, body FROM outbox ORDER BY pos`,
  );
  return found.rows.flatMap((row) => [...unpacked(row)].map(({ body }) => sentOf(body)));
}

function sentOf(body: Buffer): Sent {
  const { key, value, headers } = readBody(body);
  const [person, record] = key.split('.');
  const content = value
    ? (type.fromBuffer(splitWire(value)!.avro) as Record<string, unknown>)
    : null;
  return {
    person: person!,
    record: record!,
    sequence: Number(headers.get('ce_sequence')),
    revision: Number(headers.get('ce_recordrevision')),
    id: headers.get('ce_id')!,
    text: content?.['medicationText'] ?? null,
    publisher: content?.['publisherOds'] ?? null,
    change: content?.['changeType'] ?? null,
  };
}

function assertOrder(all: Sent[]): void {
  const last = new Map<string, number>();
  for (const { person, sequence } of all) {
    expect(sequence).toBe((last.get(person) ?? 0) + 1);
    last.set(person, sequence);
  }
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
}

it('keeps sequences without gaps and in the order of commits, with two processes on the same people', async () => {
  const [one, two] = [committer(), committer()];
  const put = (writer: number, n: number): Line => ({
    do: 'put',
    id: `c${writer}-${n % 7}`,
    nhs: nhsNumber(n % 5),
    local: n % 3 === 0 ? `L${n % 5}` : null,
    text: `${writer} ${n}`,
  });
  await Promise.all(
    [one, two].map(async (own, writer) => {
      for (let n = 0; n < 60; n += 4) {
        const units = [0, 1, 2, 3].map((i) =>
          own.commit({ items: [prepared(put(writer, n + i))] }),
        );
        await Promise.all(units);
      }
    }),
  );
  await Promise.all([one.close(), two.close()]);
  const all = await sent();
  expect(all.length).toBeGreaterThanOrEqual(120);
  assertOrder(all);
});

it('never loses order, revision or people, whatever the feed says', async () => {
  const person = fc.record({
    nhs: fc.option(fc.nat(3).map((n) => nhsNumber(20 + n))),
    local: fc.option(fc.nat(3).map((n) => `Q${n}`)),
    others: fc.array(
      fc.nat(3).map((n) => `Q${n}`),
      { maxLength: 2 },
    ),
  });
  const line: fc.Arbitrary<Line> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .record({
          do: fc.constant('put' as const),
          id: fc.nat(5).map((n) => `p${n}`),
          text: fc.nat(2).map(String),
          who: person,
          at: fc.option(fc.nat(9).map((n) => `2026-01-0${n + 1}T00:00:00Z`)),
        })
        .map(({ who, ...rest }) => ({ ...rest, ...who })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          do: fc.constant('retract' as const),
          id: fc.nat(5).map((n) => `p${n}`),
          who: person,
        })
        .map(({ who, ...rest }) => ({ ...rest, ...who })),
    },
    {
      weight: 2,
      arbitrary: fc.record({ from: person, into: person }).map(({ from, into }) => ({
        ...{ do: 'merge' as const, ...from, into: into.nhs, intoLocal: into.local },
      })),
    },
  );
  const own = committer();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(line, { maxLength: 6 }), { maxLength: 6 }),
      async (batches) => {
        for (const lines of batches) {
          const outcomes = await own.commit({ items: lines.map(prepared) });
          expect(outcomes).toHaveLength(lines.length);
        }
        const all = await sent();
        assertOrder(all);
        const held = await database.pool.query<{
          record: string;
          person: string;
          revision: number;
        }>(`SELECT record, person, revision FROM record WHERE revision > 0`);
        for (const { record, person: owner, revision } of held.rows) {
          const mine = all.filter((one) => one.record === record);
          // What stands last under the owner's key is the revision held; every other key it had ends in a tombstone.
          expect(mine.findLast((one) => one.person === owner)?.revision).toBe(revision);
          for (const other of new Set(mine.map((one) => one.person))) {
            if (other !== owner)
              expect(mine.findLast((one) => one.person === other)?.text).toBeNull();
          }
        }
        const survivors = await database.pool.query(
          `SELECT 1 FROM record r JOIN person p ON p.person = r.person WHERE p.merged_into IS NOT NULL AND r.revision > 0`,
        );
        expect(survivors.rows).toEqual([]);
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25) },
  );
  await own.close();
});

describe('a record whose keeper is not stated', () => {
  /** Commits each list together, and answers the outcomes with what was sent since: record, publisher, change. */
  async function said(...batches: Line[][]) {
    const own = committer();
    const from = (await sent()).length;
    const outcomes: string[] = [];
    for (const lines of batches) {
      const settled = await own.commit({ items: lines.map(prepared) });
      outcomes.push(
        ...settled.map(({ outcome, errors }) => [outcome, ...errors.map((e) => e.code)].join(' ')),
      );
    }
    await own.close();
    const records = new Map<string, string>();
    const told = (await sent()).slice(from).map(({ record, publisher, change }) => {
      if (!records.has(record)) records.set(record, String.fromCharCode(97 + records.size));
      return `${records.get(record)!} ${String(publisher)} ${String(change)}`;
    });
    return { outcomes, told };
  }
  const put = (id: string, n: number, more: Partial<Line>): Line => ({
    ...{ do: 'put', id, nhs: nhsNumber(n), text: 'x' },
    ...more,
  });
  const gone = (id: string, nhs: string | null): Line => ({
    ...{ do: 'retract', id, nhs, keeper: null },
  });

  it.each([
    ['of a person who is named', nhsNumber(70), 'k1'],
    ['of a person who is not', null, 'k2'],
  ])('retracts the one record held under its id, %s', async (_, nhs, id) => {
    expect(await said([put(id, 70, { keeper: 'B82005' })], [gone(id, nhs)])).toEqual({
      outcomes: ['accepted', 'retracted'],
      told: ['a B82005 CREATED', 'a B82005 RETRACTED'],
    });
  });

  it('and also if both stand in one submission', async () => {
    const lines = [put('k3', 71, { keeper: 'B82005' }), gone('k3', null)];
    expect((await said(lines)).told).toEqual(['a B82005 CREATED', 'a B82005 RETRACTED']);
  });

  it('is that of its own person where two keepers gave the same id', async () => {
    const two = [put('k4', 72, { keeper: 'B82005' }), put('k4', 73, { keeper: 'C83019' })];
    expect(await said(two, [gone('k4', nhsNumber(73))])).toEqual({
      outcomes: ['accepted', 'accepted', 'retracted'],
      told: ['a B82005 CREATED', 'b C83019 CREATED', 'b C83019 RETRACTED'],
    });
  });

  it('is refused where two keepers gave the id and nothing tells whose is meant', async () => {
    const two = [put('k5', 74, { keeper: 'B82005' }), put('k5', 75, { keeper: 'C83019' })];
    const { outcomes, told } = await said(two, [gone('k5', null)]);
    expect(outcomes).toEqual(['accepted', 'accepted', 'quarantined MESH-2603']);
    expect(told).toHaveLength(2);
  });

  it('is updated without its keeper, and goes on when its keeper is stated later', async () => {
    const steps = [
      [put('k6', 76, { keeper: null })],
      [put('k6', 76, { keeper: 'B82005', text: 'y' })],
      [put('k6', 76, { keeper: null, text: 'z' })],
      [gone('k6', null)],
    ];
    expect(await said(...steps)).toEqual({
      outcomes: ['accepted', 'accepted', 'accepted', 'retracted'],
      told: ['a A81001 CREATED', 'a B82005 UPDATED', 'a B82005 UPDATED', 'a B82005 RETRACTED'],
    });
  });

  it('is another record if somebody else has the id', async () => {
    const steps = [
      [put('k7', 77, { keeper: 'B82005' })],
      [put('k7', 78, { keeper: null })],
      [gone('k7', nhsNumber(78))],
    ];
    expect(await said(...steps)).toEqual({
      outcomes: ['accepted', 'accepted', 'retracted'],
      told: ['a B82005 CREATED', 'b A81001 CREATED', 'b A81001 RETRACTED'],
    });
  });

  it('is refused if it is about somebody else than the record that came without its keeper', async () => {
    const steps = [
      [put('m1', 84, { keeper: null })],
      [put('m1', 85, { keeper: null, text: 'y' })],
      [gone('m1', nhsNumber(85))],
      [gone('m1', nhsNumber(84))],
    ];
    expect(await said(...steps)).toEqual({
      outcomes: ['accepted', 'quarantined MESH-2603', 'quarantined MESH-2603', 'retracted'],
      told: ['a A81001 CREATED', 'a A81001 RETRACTED'],
    });
  });

  it('is known from another of its id by the likely keeper, and retracted alone', async () => {
    const [one, other] = ['B81001', 'B82001'].map((likely) => ({ keeper: null, likely }));
    const steps = [
      [put('m2', 86, one!)],
      [put('m2', 87, { ...other, text: 'y' })],
      [{ ...gone('m2', nhsNumber(87)), ...other }],
      [put('m2', 86, { ...one, text: 'z' })],
    ];
    expect(await said(...steps)).toEqual({
      outcomes: ['accepted', 'accepted', 'retracted', 'accepted'],
      told: ['a B81001 CREATED', 'b B82001 CREATED', 'b B82001 RETRACTED', 'a B81001 UPDATED'],
    });
  });

  it('goes on when its person moves to another practice', async () => {
    const [one, other] = ['B81001', 'B82001'].map((likely) => ({ keeper: null, likely }));
    const steps = [[put('m3', 88, one!)], [put('m3', 88, { ...other, text: 'y' })]];
    expect(await said(...steps)).toEqual({
      outcomes: ['accepted', 'accepted'],
      told: ['a B81001 CREATED', 'a B82001 UPDATED'],
    });
  });

  it('moves when its likely keeper corrects whom it is about', async () => {
    const [one, other] = ['B81001', 'B82001'].map((likely) => ({ keeper: null, likely }));
    const steps = [
      [put('m4', 89, one!)],
      [put('m4', 90, other!)],
      [put('m4', 91, one!)],
      [put('m4', 92, { ...other, text: 'y' })],
    ];
    expect((await said(...steps)).told).toEqual([
      ...['a B81001 CREATED', 'b B82001 CREATED'],
      ...['a null null', 'a B81001 UPDATED', 'b null null', 'b B82001 UPDATED'],
    ]);
  });

  it('retracted before it came stays retracted when it comes with its keeper', async () => {
    const early = { ...gone('k8', null), at: '2026-02-02T00:00:00Z' };
    const late = put('k8', 80, { keeper: 'B82005', at: '2026-02-01T00:00:00Z' });
    expect(await said([early], [late])).toEqual({
      outcomes: ['retracted', 'unchanged'],
      told: [],
    });
  });

  it('is found under the survivor of a merge', async () => {
    const merge: Line = { do: 'merge', nhs: nhsNumber(81), into: nhsNumber(82) };
    const first = put('k9', 81, { keeper: 'B82005' });
    const { outcomes } = await said([first], [merge], [gone('k9', nhsNumber(82))]);
    expect(outcomes).toEqual(['accepted', 'accepted', 'retracted']);
  });
});

it('gives back what cannot be stored now, and stores it when it can', async () => {
  const own = new Committer({
    databaseUrl: place.url.replace(/:\d+\//, ':1/'),
    domainKey: KEY,
    seal: new Seal(KEY),
    products: () => [product.live],
    log: { warn: () => undefined },
    patienceMs: 50,
  });
  await expect(
    own.commit({ items: [prepared({ do: 'put', id: 'z1', nhs: nhsNumber(60) })] }),
  ).rejects.toMatchObject({
    code: 'MESH-2008',
  });
  const again = committer();
  const outcomes = await again.commit({
    items: [prepared({ do: 'put', id: 'z1', nhs: nhsNumber(60) })],
  });
  expect(outcomes[0]!.outcome).toBe('accepted');
  await again.close();
});

it('puts an item that no database takes into quarantine, and stores its neighbours', async () => {
  const own = committer();
  const bad = { ...prepared({ do: 'put', id: 'y2', nhs: nhsNumber(61) }), sourceId: 'nul\u0000' };
  bad.changes = [{ ...bad.changes[0]!, record: 'nul\u0000' } as never];
  const outcomes = await own.commit({
    items: [
      prepared({ do: 'put', id: 'y1', nhs: nhsNumber(61) }),
      { ...bad, sourceId: null },
      prepared({ do: 'put', id: 'y3', nhs: nhsNumber(61) }),
    ],
  });
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'quarantined', 'accepted']);
  await own.close();
});

it('decides again when another process learnt meanwhile that what is held was still true later', async () => {
  const [one, other] = [committer(), new pg.Client({ connectionString: place.url })];
  const put = (text: string, at: string) =>
    prepared({ do: 'put', id: 'w1', nhs: nhsNumber(62), text, at: `2026-02-0${at}T00:00:00Z` });
  await one.commit({ items: [put('first', '1')] });
  await other.connect();
  const late = put('older than what is known', '3');
  const world = await loadWorld(other, late.changes);
  const emitter = new Emitter(KEY, [product.live], Date.now());
  expect(await apply(world, emitter, late.changes[0] as KeyedUpsert)).toBe('accepted');
  const outcomes = await one.commit({ items: [put('first', '5')] });
  expect(outcomes[0]!.outcome).toBe('unchanged');
  const writing = (async () => {
    for (const statement of worldStatements(world)) await other.query(statement);
  })();
  await expect(writing).rejects.toMatchObject({ code: '40001' });
  await Promise.all([one.close(), other.end()]);
});
