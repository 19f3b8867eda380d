import { avroType } from '@caremesh/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { defineProduct } from '../define/product.js';
import { defineSource } from '../define/source.js';
import { fault, Faulty } from '../errors.js';
import { unpacked } from '../outbox/pack.js';
import type { OutboxRow } from '../outbox/pack.js';
import { splitWire } from '../registry/wire.js';
import { ARRIVAL, committingDomain, folder } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber, ODS } from '../rig/feed.js';
import { readBody } from '../rig/read-body.js';
import { CONTRACT } from '../rig/small-mesh.js';

type Record_ = { medicationText?: string | null; postcode?: string | null };
/** A message that states part of a record. */
type Message = {
  do?: 'retract';
  /** Who is merged into whom; then nothing else counts. */
  merges?: [from: number, into: number][];
  id: string;
  nhs?: number;
  local?: string;
  at: number;
  opens?: true;
  closes?: true;
} & Record_;

const KEY = Buffer.alloc(32, 11);
const type = avroType(JSON.parse(folder.schema) as object);

const personOf = ({ nhs, local }: { nhs?: number | undefined; local?: string | undefined }) => ({
  nhsNumber: nhs === undefined ? null : nhsNumber(nhs),
  nhsNumberStatus: nhs === undefined ? '03' : '01',
  local: local === undefined ? null : { issuer: ODS, id: local },
});

const feed = defineSource<Message>({
  ...{ name: 'feed', method: 'http', contentTypes: ['application/x-ndjson'] },
  // The spec hands its items over itself.
  async *read() {
    yield* [];
  },
});
const partial = defineProduct<Message, Record_>({
  contract: CONTRACT,
  from: feed,
  map: ({ merges, do: what, id, nhs, local, at, opens, closes, ...content }) => {
    const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const head = { sourceRecordId: id, publisherOds: ODS, at: time };
    const person = personOf({ nhs, local });
    if (merges)
      return merges.map(([from, into]) => ({
        ...{ change: 'merge', publisherOds: ODS, at: time },
        ...{ from: personOf({ nhs: from }), into: personOf({ nhs: into }) },
      }));
    if (what === 'retract') {
      const known = nhs !== undefined || local !== undefined;
      return [
        { ...head, change: 'retract', person: known ? person : null, ...(closes && { closes }) },
      ];
    }
    return [
      {
        ...head,
        change: 'upsert',
        person,
        content: { ...FIXED, ...content },
        ...(opens && { opens }),
      },
    ];
  },
  carry: (held, incoming, { samePerson }) => {
    const both = { ...held, ...(!samePerson && { postcode: null }), ...incoming };
    // Stands for what two messages cannot say together.
    if (both.medicationText === both.postcode)
      return new Faulty([fault('endBeforeStart', 'END'), fault('dateImpossible', 'START')]);
    return both;
  },
});
const FIXED = { medicationStatementId: 'm', recordedAs: 'statement', status: 'active' };

let domain: CommittingDomain;
let database: CommittingDomain['database'];
let preparer: CommittingDomain['preparer'];
let committer: CommittingDomain['committer'];

beforeAll(async () => {
  domain = await committingDomain(KEY, { product: partial, hasSecondary: false });
  ({ database, preparer, committer } = domain);
});
afterAll(() => domain.close());

let index = 0;
const prepared = (message: Message) =>
  preparer.prepare(
    { index: index++, sourceId: null, raw: JSON.stringify(message), record: message, at: null },
    ARRIVAL,
  );

/** Commits messages one by one, or in one batch; what became of each. */
async function settled(messages: Message[], together = false): Promise<string[]> {
  const batches = together ? [messages] : messages.map((one) => [one]);
  const outcomes: string[] = [];
  for (const batch of batches)
    for (const { outcome, errors } of await committer.commit({ items: batch.map(prepared) }))
      outcomes.push([outcome, ...errors.map(({ code }) => code)].join(' '));
  return outcomes;
}

type Told = { change: string; nhs: string | null; text: string | null; postcode: string | null };

/** What was sent since a position; null for a tombstone. */
async function told(since: string): Promise<(Told | null)[]> {
  const found = await database.pool.query<OutboxRow>(
    `SELECT route, hash, body FROM outbox WHERE pos > $1 ORDER BY pos`,
    [since],
  );
  return found.rows
    .flatMap((row) => [...unpacked(row)])
    .map(({ body }) => {
      const { value } = readBody(body);
      if (!value) return null;
      const record = type.fromBuffer(splitWire(value)!.avro) as Record<string, string | null>;
      const { changeType, nhsNumber: nhs, medicationText, postcode } = record;
      return { change: changeType!, nhs: nhs!, text: medicationText!, postcode: postcode! };
    });
}

async function position(): Promise<string> {
  const found = await database.pool.query<{ pos: string }>(
    `SELECT coalesce(max(pos), 0) AS pos FROM outbox`,
  );
  return found.rows[0]!.pos;
}

describe.each([true, false])('a record of parts, told in one batch: %s', (together) => {
  const at = together ? 'b' : 's';
  const n = together ? 200 : 300;

  it('keeps what describes its person, and nothing of somebody else', async () => {
    const since = await position();
    const id = `p1${at}`;
    const stated = { medicationText: 'first', postcode: 'LS1 4AP' };
    expect(
      await settled(
        [
          { id, local: `l1${at}`, at: 1, ...stated },
          // The number becomes known: the same person.
          { id, nhs: n + 1, local: `l1${at}`, at: 2, medicationText: 'second' },
          { id, local: `l1${at}`, at: 3, medicationText: 'third' },
          // A correction to somebody else.
          { id, nhs: n + 2, at: 4, medicationText: 'fourth' },
          { id, nhs: n + 3, at: 5, postcode: 'YO10 4PF' },
        ],
        together,
      ),
    ).toEqual(Array(5).fill('accepted'));
    const live = (await told(since)).filter((one) => one?.change.endsWith('ED') && one.text);
    // Of one batch what concerns two people is not in the order in which it came.
    const byNumber = live.sort((one, other) => Number(one!.nhs) - Number(other!.nhs));
    expect(byNumber.map((one) => [one!.nhs, one!.text, one!.postcode])).toEqual([
      [null, 'first', 'LS1 4AP'],
      [nhsNumber(n + 1), 'first', 'LS1 4AP'],
      [nhsNumber(n + 1), 'second', 'LS1 4AP'],
      [nhsNumber(n + 1), 'third', 'LS1 4AP'],
      [nhsNumber(n + 2), 'fourth', null],
      [nhsNumber(n + 3), 'fourth', 'YO10 4PF'],
    ]);
  });

  it('is taken back as of the last time that somebody said so, whatever comes late', async () => {
    const of = (more: Partial<Message>): Message => ({
      ...{ id: `t1${at}`, nhs: n + 5, at: 1, medicationText: 'text' },
      ...more,
    });
    const retract = { do: 'retract' } as const;
    const lines: [Message, string][] = [
      [of({ opens: true }), 'accepted'],
      [of({ ...retract, at: 2 }), 'retracted'],
      [of({ ...retract, at: 4 }), 'unchanged'],
      [of({ opens: true, at: 3 }), 'unchanged MESH-2633'],
      [of({ ...retract, closes: true, at: 5 }), 'unchanged'],
      [of({ ...retract, closes: true, at: 7 }), 'unchanged'],
      [of({ opens: true, at: 6 }), 'unchanged MESH-2633'],
      [of({ opens: true, at: 8 }), 'accepted'],
    ];
    const messages = lines.map(([message]) => message);
    expect(await settled(messages, together)).toEqual(lines.map(([, outcome]) => outcome));
  });

  it('is begun again once it was closed by what opens it only', async () => {
    const since = await position();
    const of = (id: string, more: Partial<Message> = {}): Message => ({
      ...{ id: `${id}${at}`, nhs: n + 4, at: 1, medicationText: 'text' },
      ...more,
    });
    const [put, opens] = [{}, { opens: true } as const];
    const retract = { do: 'retract' } as const;
    const closes = { ...retract, closes: true } as const;
    const lines: [Message, string][] = [
      [of('c1', opens), 'accepted'],
      [of('c1', { ...closes, at: 2 }), 'retracted'],
      [of('c1', { ...put, at: 3 }), 'notUsed MESH-2630'],
      [of('c1', { ...closes, at: 4 }), 'unchanged'],
      [of('c1', { ...opens, at: 5 }), 'accepted'],
      [of('c1', { ...put, medicationText: 'later', at: 6 }), 'accepted'],
      // What was never heard of is begun by anything.
      [of('c2', put), 'accepted'],
      // Taken back, and not closed: it may come back; closed after that, it may not.
      [of('c2', { ...retract, at: 2 }), 'retracted'],
      [of('c2', { ...put, at: 3 }), 'accepted'],
      [of('c2', { ...retract, at: 4 }), 'retracted'],
      [of('c2', { ...closes, at: 5 }), 'unchanged'],
      [of('c2', { ...put, at: 6 }), 'notUsed MESH-2630'],
      // Closed before anything else was heard, by a message that names nobody.
      [{ ...closes, id: `c3${at}`, at: 2 }, 'retracted'],
      [of('c3', { ...put, at: 3 }), 'notUsed MESH-2630'],
      [of('c3', { ...opens, at: 1 }), 'unchanged MESH-2633'],
      [of('c3', { ...opens, at: 4 }), 'accepted'],
    ];
    const messages = lines.map(([message]) => message);
    expect(await settled(messages, together)).toEqual(lines.map(([, expected]) => expected));
    const changes = (await told(since)).map((one) => `${one!.change} ${String(one!.text)}`);
    expect(changes).toEqual([
      ...['CREATED text', 'RETRACTED null', 'UPDATED text', 'UPDATED later'],
      ...['CREATED text', 'RETRACTED null', 'UPDATED text', 'RETRACTED null'],
      'CREATED text',
    ]);
  });

  it('is taken back only by what names its person, or nobody who is known', async () => {
    const local = (name: string) => ({ local: `${name}${at}` });
    const of = (id: string, more: Partial<Message>): Message => ({
      ...{ id: `${id}${at}`, at: 1, medicationText: 'text' },
      ...more,
    });
    const retract = { do: 'retract', at: 2 } as const;
    const lines: [Message, string][] = [
      [of('r1', { nhs: n + 5 }), 'accepted'],
      [of('r2', local('r2')), 'accepted'],
      [of('r3', { nhs: n + 6, ...local('r3') }), 'accepted'],
      // Another number, of whom nothing is held; somebody known by a local identifier, with and without their number.
      [of('r1', { ...retract, nhs: n + 7 }), 'quarantined MESH-2631'],
      [of('r1', { ...retract, ...local('r2') }), 'quarantined MESH-2631'],
      [of('r1', { ...retract, ...local('r3') }), 'quarantined MESH-2631'],
      [of('r2', { ...retract, nhs: n + 5 }), 'quarantined MESH-2631'],
      // Nothing of that was kept: they are still there.
      [of('r1', { nhs: n + 5 }), 'unchanged'],
      [of('r2', local('r2')), 'unchanged'],
      // The same person by the other identifier; an identifier never heard; nobody.
      [of('r3', { ...retract, ...local('r3') }), 'retracted'],
      [of('r2', { ...retract, nhs: n + 8, ...local('r2') }), 'retracted'],
      [of('r1', { ...retract, ...local('r1') }), 'retracted'],
      [of('r4', { nhs: n + 5 }), 'accepted'],
      [{ ...retract, id: `r4${at}` }, 'retracted'],
    ];
    const messages = lines.map(([message]) => message);
    expect(await settled(messages, together)).toEqual(lines.map(([, expected]) => expected));
  });

  it('is not changed by what is older, of which that is told and whose bytes are kept', async () => {
    const of = (more: Partial<Message>): Message => ({
      ...{ id: `o${at}`, local: `o${at}`, at: 5, medicationText: 'text' },
      ...more,
    });
    const lines: [Message, string][] = [
      [of({}), 'accepted'],
      [of({ postcode: 'LS1 4AP', at: 4 }), 'unchanged MESH-2633'],
      [of({ do: 'retract', at: 3 }), 'unchanged MESH-2633'],
      [of({}), 'unchanged'],
      [of({ at: 6 }), 'unchanged'],
    ];
    const kept = async () => {
      const { rows } = await database.pool.query<{ n: string }>(
        `SELECT coalesce(sum(items), 0) AS n FROM payload`,
      );
      return Number(rows[0]!.n);
    };
    const before = await kept();
    const messages = lines.map(([message]) => message);
    expect(await settled(messages, together)).toEqual(lines.map(([, expected]) => expected));
    expect((await kept()) - before).toBe(3);
  });

  it('stays as it was where a message says what cannot be beside it', async () => {
    const since = await position();
    const of = (more: Partial<Message>): Message => ({
      ...{ id: `x${at}`, local: `x${at}`, at: 1 },
      ...more,
    });
    const lines: [Message, string][] = [
      [of({ medicationText: 'text', postcode: 'LS1 4AP' }), 'accepted'],
      // Nor is its number learnt of it.
      [of({ nhs: n + 9, medicationText: 'LS1 4AP', at: 2 }), 'quarantined MESH-2235 MESH-2232'],
      [of({ medicationText: 'next', at: 1 }), 'accepted'],
    ];
    const messages = lines.map(([message]) => message);
    expect(await settled(messages, together)).toEqual(lines.map(([, expected]) => expected));
    expect(await told(since)).toEqual([
      { change: 'CREATED', nhs: null, text: 'text', postcode: 'LS1 4AP' },
      { change: 'UPDATED', nhs: null, text: 'next', postcode: 'LS1 4AP' },
    ]);
  });

  it('is moved by all merges of a message or by none', async () => {
    const since = await position();
    const of = (nhs: number): Message => ({
      ...{ id: `${nhs}${at}`, nhs: n + nhs, at: 1, medicationText: `of ${nhs}` },
    });
    const merging = (...merges: [number, number][]): Message => ({
      ...{ id: '', at: 2, merges: merges.map(([from, into]) => [n + from, n + into]) },
    });
    const messages = [of(10), of(11), of(12), of(13)];
    const lines: [Message, string][] = [
      ...messages.map((one): [Message, string] => [one, 'accepted']),
      // A circle within the message, behind a merge that could be.
      [merging([13, 12], [10, 11], [11, 10]), 'quarantined MESH-2602'],
      [merging([13, 12], [11, 11]), 'quarantined MESH-2601'],
      [merging([10, 11]), 'accepted'],
      // With what is held already.
      [merging([12, 13], [11, 10]), 'quarantined MESH-2602'],
      [merging([12, 13], [11, 13], [10, 13]), 'accepted'],
      [merging([12, 13], [10, 13]), 'unchanged'],
    ];
    expect(
      await settled(
        lines.map(([message]) => message),
        together,
      ),
    ).toEqual(lines.map(([, expected]) => expected));
    const changes = (await told(since)).map((one) => one?.change ?? 'tombstone');
    const counted = (one: string): number => changes.filter((change) => change === one).length;
    // 10 to 11, then 12, and 11 with both: three people ended, four records moved.
    expect(['CREATED', 'MERGED', 'UPDATED', 'tombstone'].map(counted)).toEqual([4, 3, 4, 4]);
    expect(changes).toHaveLength(15);
  });

  it('is found under whoever was merged on and on, and the way there becomes short', async () => {
    const first = n + 20;
    const times = 60;
    const message = (nhs: number, medicationText: string): Message => ({
      ...{ id: `chain${at}`, nhs, at: 1, medicationText },
    });
    const chain = Array.from({ length: times }, (_, k): Message => {
      return { id: '', at: 2, merges: [[first + k, first + k + 1]] };
    });
    expect(await settled(chain, together)).toEqual(Array(times).fill('accepted'));
    const since = await position();
    expect(await settled([message(first, 'one'), message(first + 30, 'two')], together)).toEqual(
      Array(2).fill('accepted'),
    );
    const live = await told(since);
    const expected = ['one', 'two'].map((text) => [nhsNumber(first + times), text]);
    expect(live.map((one) => [one!.nhs, one!.text])).toEqual(expected);
    const { rows } = await database.pool.query<{ longest: number }>(
      `WITH RECURSIVE way AS (
         SELECT person, merged_into, 1 AS links FROM person WHERE merged_into IS NOT NULL
         UNION ALL SELECT w.person, p.merged_into, w.links + 1 FROM way w
         JOIN person p ON p.person = w.merged_into WHERE p.merged_into IS NOT NULL)
       SELECT max(links) AS longest FROM way`,
    );
    expect(rows[0]!.longest).toBeLessThanOrEqual(50);
    // Told again in either direction it says nothing new, as one person they are.
    const again: Message = { id: '', at: 3, merges: [[first, first + times]] };
    expect(await settled([again], together)).toEqual(['unchanged']);
  });
});
