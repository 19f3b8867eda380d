import { avroType } from '@caremesh/contract';
import { openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { runProduct } from '../approval/live-product.js';
import type { ChoiceStatement } from '../choices/statement.js';
import { domainMigrations } from '../migrations/all.js';
import { Routes } from '../outbox/outbox.js';
import { unpacked } from '../outbox/pack.js';
import type { OutboxRow } from '../outbox/pack.js';
import { splitWire } from '../registry/wire.js';
import { gp, nhsNumber, ODS } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { readBody } from '../rig/read-body.js';
import { CONTRACT, SCHEMA_ID, SCHEMAS, SECONDARY, TOPIC } from '../rig/small-mesh.js';
import { Seal } from '../sealing/seal.js';
import { Committer } from './committer.js';
import { Preparer } from './prepare.js';
import type { Prepared } from './prepare.js';

const KEY = Buffer.alloc(32, 7);
const folder = readContractFolder(SCHEMAS, CONTRACT);
const type = avroType(JSON.parse(folder.schema) as object);
const ARRIVAL = {
  ...{ source: 'feed', contentType: 'application/x-ndjson', receipt: 'r' },
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
};
/** A batch of two items at most; each is decided when the one before is committed, or while it is written. */
const IN_TURN = { most: 2, aheadFrom: Infinity };
const AHEAD = { most: 2, aheadFrom: 1 };

type Said = Omit<ChoiceStatement, 'person'> & { nhs: string | null; local: string | null };
/** A record that no database takes. */
type Unstorable = { unstorable: Line };
type Step = Line | Said | Unstorable;
type Domain = Awaited<ReturnType<typeof domain>>;

/** A domain with a database of its own. */
async function domain(batch: typeof AHEAD) {
  const place = await testDatabase();
  const { url } = place;
  const database = await openDatabase({ url, entities: [], migrations: domainMigrations });
  const version = {
    ...{ topic: TOPIC, schemaId: SCHEMA_ID, schema: folder.schema },
    secondary: { topic: SECONDARY, schemaId: SCHEMA_ID },
  };
  const product = await runProduct(gp.products[0]!, folder, version, {
    routes: new Routes(database.pool),
    registryUrl: 'http://registry',
    schemaOf: async () => null,
  });
  const records = new Preparer(KEY, [product]);
  const choices = new Preparer(KEY, [product], 'choices');
  const committer = () =>
    new Committer({
      ...{ databaseUrl: url, domainKey: KEY, seal: new Seal(KEY), batch },
      products: () => [product.live],
      log: { warn: () => undefined },
    });
  const own = committer();
  let index = 0;

  function prepared(step: Step): Prepared {
    if ('unstorable' in step) {
      const item = prepared(step.unstorable);
      return { ...item, changes: [{ ...item.changes[0]!, record: 'nul\u0000' } as never] };
    }
    const head = { index: index++, sourceId: null, raw: JSON.stringify(step) };
    if ('do' in step) {
      const named = step.message === undefined ? {} : { messageId: step.message };
      return records.prepare({ ...head, ...named, record: step, at: step.at ?? null }, ARRIVAL);
    }
    const { nhs, local, ...said } = step;
    const person = {
      ...{ nhsNumber: nhs, nhsNumberStatus: '01' },
      local: local === null ? null : { issuer: ODS, id: local },
    };
    return choices.prepare({ ...head, record: { ...said, person }, at: null }, ARRIVAL);
  }

  /** Hands all units in at once; what each item came to. */
  async function commit(units: Step[][], by = own): Promise<string[]> {
    const all = await Promise.all(units.map((steps) => by.commit({ items: steps.map(prepared) })));
    return all.flat().map(({ outcome, errors }) => [outcome, ...errors.map((e) => e.code)].join());
  }

  /** What was sent, in order, without the times at which it was. */
  async function sent() {
    const { rows } = await database.pool.query<OutboxRow>(
      `SELECT route, hash, body FROM outbox ORDER BY pos`,
    );
    const routes = await database.pool.query<{ id: number; topics: string[] }>(
      `SELECT id, topics FROM outbox_route`,
    );
    const topics = new Map(routes.rows.map((route) => [route.id, route.topics]));
    return rows
      .flatMap((row) => [...unpacked(row)])
      .map(({ route, body }) => {
        const { key, value, headers } = readBody(body);
        const content =
          value && (type.fromBuffer(splitWire(value)!.avro) as Record<string, unknown>);
        const [id, sequence] = [headers.get('ce_id'), headers.get('ce_sequence')];
        return {
          topics: topics.get(route),
          key,
          id,
          sequence,
          text: content?.['medicationText'],
          change: content?.['changeType'],
        };
      });
  }

  async function close(): Promise<void> {
    await own.close();
    await database.close();
    await place.drop();
  }
  return { own, prepared, commit, committer, sent, close };
}

let inTurn: Domain;
let ahead: Domain;
beforeAll(async () => {
  [inTurn, ahead] = [await domain(IN_TURN), await domain(AHEAD)];
});
afterAll(() => Promise.all([inTurn.close(), ahead.close()]));

const who = fc.record({
  nhs: fc.option(fc.nat(3).map((n) => nhsNumber(20 + n))),
  local: fc.option(fc.nat(3).map((n) => `A${n}`)),
});
const named = { id: fc.nat(5).map((n) => `p${n}`), who };
const own = <T extends { who: object }>({ who: person, ...rest }: T) => ({ ...rest, ...person });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record(
        {
          ...{ do: fc.constant('put' as const), ...named, text: fc.nat(2).map(String) },
          at: fc.nat(8).map((n) => `2026-01-0${n + 1}T00:00:00Z`),
          message: fc.nat(30).map((n) => `m${n}`),
          keeper: fc.option(fc.constantFrom('B82005', 'C83019')),
        },
        { requiredKeys: ['do', 'id', 'who', 'text'] },
      )
      .map((line): Line => own(line)),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ do: fc.constant('retract' as const), ...named })
      .map((line): Line => own(line)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(who, who).map(([from, into]): Line => ({
      ...{ do: 'merge' as const, ...from, into: into.nhs, intoLocal: into.local },
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        choice: fc.constantFrom('type-1' as const, 'dissent' as const),
        ...{ objects: fc.boolean(), at: fc.nat(20), id: fc.nat(3).map(String) },
        who: who.filter(({ nhs, local }) => nhs !== null || local !== null),
      })
      .map(({ who: person, ...rest }): Said => ({ ...rest, ...person })),
  },
);

it('comes to the same, whatever is decided while the batch before it is written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 10 }),
      async (units) => {
        expect(await ahead.commit(units)).toEqual(await inTurn.commit(units));
        expect(await ahead.sent()).toEqual(await inTurn.sent());
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 40) },
  );
});

const put = (id: string, n: number, text: string): Line => ({
  do: 'put',
  id,
  nhs: nhsNumber(n),
  text,
});

it('is decided again where the batch before it could not be stored as it was', async () => {
  const units = [
    [put('x1', 40, 'first'), put('x2', 41, 'first')],
    [{ unstorable: put('x3', 40, 'second') }, put('x2', 41, 'second')],
    [put('x1', 40, 'third'), put('x3', 40, 'third')],
  ];
  const accepted = ['accepted', 'accepted', 'accepted'];
  const outcomes = ['accepted', 'accepted', 'quarantined,MESH-2310', ...accepted];
  expect(await ahead.commit(units)).toEqual(outcomes);
  expect(await inTurn.commit(units)).toEqual(outcomes);
  expect(await ahead.sent()).toEqual(await inTurn.sent());
});

it('keeps the order of receipt where the batch before it is not written', async () => {
  const from = (await ahead.sent()).length;
  let tries = 0;
  const fails = { name: 'fails', text: 'SELECT 1 / 0', values: [] };
  const also = () => (tries++ === 0 ? [fails] : []);
  const texts = ['one', 'two', 'three', 'four', 'five', 'six'];
  const units = texts.map((text) => ({ items: [ahead.prepared(put('z', 45, text))] }));
  const committing = units.map((unit, n) => ahead.own.commit(n === 1 ? { ...unit, also } : unit));
  await Promise.all(committing);
  expect(tries).toBe(2);
  expect((await ahead.sent()).slice(from).map(({ text }) => text)).toEqual(texts);
});

it('loses no number of a person, with two processes on the same people', async () => {
  const from = (await ahead.sent()).length;
  const two = [ahead.committer(), ahead.committer()];
  const units = (process: number) =>
    Array.from({ length: 60 }, (_, n) => [
      put(`y${process}-${n % 7}`, 50 + ((n % 7) % 5), `${process} ${n}`),
    ]);
  await Promise.all(two.map((one, process) => ahead.commit(units(process), one)));
  await Promise.all(two.map((one) => one.close()));
  const last = new Map<string, number>();
  for (const { key, sequence } of (await ahead.sent()).slice(from)) {
    const person = key.slice(0, key.indexOf('.'));
    expect(Number(sequence)).toBe((last.get(person) ?? 0) + 1);
    last.set(person, Number(sequence));
  }
  expect([...last.values()].reduce((sum, n) => sum + n, 0)).toBe(120);
});
