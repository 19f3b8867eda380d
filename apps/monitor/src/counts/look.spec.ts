import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { parseVersion } from '@caremesh/contract';
import { describe, expect, it } from 'vitest';

import { freshOf } from './count-store.js';
import { Look } from './look.js';

const FOLDER = resolve(import.meta.dirname, '../../../../schemas/gp/medication-statement/v1');
const files = Object.fromEntries(
  ['contract.odcs.yaml', 'schema.avsc'].map((name) => [
    name,
    readFileSync(resolve(FOLDER, name), 'utf8'),
  ]),
);
const contract = parseVersion(files).contract!;
const NOW = Date.parse('2026-06-01T12:34:56Z');
const SINCE = new Date('2026-06-01T00:00:00Z');
const window = { now: NOW, windowMs: 86_400_000, partMs: 3_600_000 };
const PART = Date.parse('2026-06-01T12:00:00Z');

const good = {
  ...Object.fromEntries(
    contract.fields.map(({ path, logicalType }) => [path, logicalType === 'array' ? [] : null]),
  ),
  recordId: 'abcdefghijklmnopqrstuvwxyz',
  nhsNumber: '9000000009',
  nhsNumberStatus: '01',
  publisherOds: 'A81001',
  recordedAt: NOW,
  changeType: 'CREATED',
  medicationStatementId: 'a',
  medicationText: 'paracetamol',
  recordedAs: 'statement',
  status: 'active',
};

function received(
  offset: bigint,
  value: object,
  change: 'created' | 'retracted' | 'deleted' = 'created',
) {
  const origin = { topic: 't', partition: 0, offset, timestamp: BigInt(NOW - 1_000) };
  const envelope = {
    id: 'x',
    type: '',
    source: 'urn:ods:A81001',
    time: new Date(NOW - 2_000).toISOString(),
    recordedTime: null,
    sequence: 1,
    revision: 1,
  };
  const key = { text: 'a.b', person: 'a', record: 'b' };
  return {
    origin,
    envelope,
    key,
    change,
    value,
    schemaId: change === 'deleted' ? null : 7,
  } as never;
}
const batch = (records: never[], more: object = {}) => ({
  topic: 't',
  records,
  refused: [],
  bytes: 100,
  next: new Map(),
  ...more,
});

describe('a look at a batch', () => {
  it('counts live records, what they state and how late they came, by part and schema id', () => {
    const counted = new Look(contract, SINCE).count(batch([received(1n, good)]), window);
    expect(counted.findings).toEqual([]);
    expect(counted.tallies).toEqual([
      {
        part: PART,
        schemaId: 7,
        records: 1,
        live: 1,
        findings: 0,
        bytes: 100,
        timely: 1,
        late: 0,
        slowestMs: 1_000,
        newestAt: NOW - 1_000,
      },
    ]);
    const stated = counted.stated.map(({ field }) => field);
    expect(stated).toContain('medicationText');
    expect(stated).not.toContain('medicationCode');
  });

  it('finds a record that breaks its contract, by path and place, never by value', () => {
    const broken = { ...good, nhsNumber: '9000000000' };
    const { findings, found } = new Look(contract, SINCE).count(
      batch([received(5n, broken)]),
      window,
    );
    expect(found).toBe(1);
    expect(findings).toEqual([
      {
        partition: 0,
        offset: 5n,
        timestamp: BigInt(NOW - 1_000),
        schemaId: 7,
        step: 'contract',
        code: expect.stringMatching(/^MESH-/) as string,
        path: 'nhsNumber',
        publisher: 'A81001',
      },
    ]);
    const text = JSON.stringify(findings, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(text).not.toContain('9000000000');
  });

  it('judges freshness only for what happened since the product is there', () => {
    const later = new Date(NOW);
    const [tally] = new Look(contract, later).count(batch([received(1n, good)]), window).tallies;
    expect(tally).toMatchObject({ records: 1, timely: 0, late: 0 });
  });

  it('lists a hundred findings of a flood and counts them all', () => {
    const refused = Array.from({ length: 250 }, (_, at) => ({
      partition: 1,
      offset: BigInt(at),
      timestamp: BigInt(NOW),
      step: 'approval',
      code: 'MESH-2802',
      schemaId: 9,
      publisher: null,
    }));
    const { findings, found, tallies } = new Look(contract, SINCE).count(
      batch([], { refused }),
      window,
    );
    expect([findings.length, found, tallies[0]?.findings]).toEqual([100, 250, 250]);
  });

  it('counts what is older than the window, or claims the future, where it belongs', () => {
    const at = (timestamp: bigint) => ({
      ...{ partition: 0, offset: 1n, step: 'wire', code: 'MESH-2801', schemaId: null },
      publisher: null,
      timestamp,
    });
    const old = new Look(contract, SINCE).count(batch([], { refused: [at(0n)] }), window);
    expect([old.records, old.tallies]).toEqual([1, []]);
    const future = new Look(contract, SINCE).count(
      batch([], { refused: [at(9_223_372_036_854_775_807n)] }),
      window,
    );
    expect(future.tallies).toMatchObject([{ part: PART, records: 1 }]);
  });
});

describe('a batch read again', () => {
  it('is only what lies at or above the positions', () => {
    const again = batch([received(4n, good), received(5n, good)]);
    const { records } = freshOf(again, new Map([[0, 5n]]));
    expect(records.map(({ origin }) => origin.offset)).toEqual([5n]);
  });
});
