import { compileChecks, momentBefore } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { publisherOf } from '@caremesh/product';
import type { InspectedBatch, RefusedRecord } from '@caremesh/product';

type Received = InspectedBatch['records'][number];

/** A record that should not be there, and why: without an approved id, undecodable, or breaking its contract. */
export type Finding = RefusedRecord & {
  /** Where in the record the contract is broken; null if the record could not be read at all. */
  path: string | null;
};

/** Counts of one part of the window and one schema id (0: tombstones and refused records). */
type Tally = {
  part: number;
  schemaId: number;
  records: number;
  live: number;
  findings: number;
  bytes: number;
  timely: number;
  late: number;
  slowestMs: number;
  newestAt: number | null;
};

/** What one batch adds. */
export type Counted = {
  tallies: Tally[];
  stated: { part: number; field: string; stated: number }[];
  findings: Finding[];
  records: number;
  /** All findings there were; `findings` lists the first of them. */
  found: number;
};

type Json = Record<string, unknown>;
type Window = { now: number; windowMs: number; partMs: number };

const MOST_FINDINGS = 100;

/** Looks at records of one product, by its contract. Made anew when a newer version is published. */
export class Look {
  readonly #check: ReturnType<typeof compileChecks>;
  readonly #fields: { path: string; read: (record: Json) => unknown }[];
  readonly #freshWithinMs: number;
  readonly #since: number;

  /** `since`: freshness is judged for what happened from then on. */
  constructor(contract: DataContract, since: Date) {
    this.#check = compileChecks(contract);
    this.#fields = contract.fields
      .filter(({ path }) => !path.includes('[]'))
      .map(({ path }) => ({ path, read: readerOf(path) }));
    const now = new Date();
    this.#freshWithinMs = now.getTime() - momentBefore(now, contract.freshness.within).getTime();
    this.#since = since.getTime();
  }

  /** Counts a batch. Records older than the window are counted in the totals alone. */
  count({ records, refused, bytes }: InspectedBatch, window: Window): Counted {
    const counting = new Counting(window, bytes / Math.max(1, records.length + refused.length));
    for (const record of records) this.#one(record, counting);
    for (const record of refused) {
      counting.found({ ...record, path: null });
      counting.add(0, Number(record.timestamp), { findings: 1 });
    }
    return counting.result(records.length + refused.length);
  }

  #one(record: Received, counting: Counting): void {
    const { timestamp } = record.origin;
    const at = Number(timestamp);
    if (record.change === 'deleted') return counting.add(0, at, {});
    const [broken] = this.#check(record.value);
    const isLive = record.change === 'created' || record.change === 'updated';
    if (isLive) counting.stated(at, record.value as Json, this.#fields);
    if (broken) {
      const { partition, offset } = record.origin;
      const place = { partition, offset, timestamp, schemaId: record.schemaId };
      const publisher = publisherOf(record.envelope.source);
      const { code, path } = broken;
      counting.found({ ...place, step: 'contract', code, path, publisher });
    }
    counting.add(record.schemaId, at, {
      live: isLive ? 1 : 0,
      findings: broken ? 1 : 0,
      ...this.#freshness(record, at),
    });
  }

  #freshness({ envelope }: Received, at: number): Partial<Tally> {
    const happened = Date.parse(envelope.time ?? '');
    if (Number.isNaN(happened) || happened < this.#since) return {};
    const tookMs = Math.max(0, at - happened);
    const isLate = tookMs > this.#freshWithinMs;
    return { timely: isLate ? 0 : 1, late: isLate ? 1 : 0, slowestMs: tookMs };
  }
}

class Counting {
  readonly #window: Window;
  readonly #bytesEach: number;
  readonly #tallies = new Map<string, Tally>();
  readonly #stated = new Map<number, Map<string, number>>();
  readonly #findings: Finding[] = [];
  #found = 0;

  constructor(window: Window, bytesEach: number) {
    this.#window = window;
    this.#bytesEach = bytesEach;
  }

  add(schemaId: number, at: number, more: Partial<Tally>): void {
    const part = this.#partOf(at);
    if (part === null) return;
    const tally = this.#tallyOf(part, schemaId);
    tally.records += 1;
    tally.bytes += this.#bytesEach;
    for (const name of ['live', 'findings', 'timely', 'late'] as const)
      tally[name] += more[name] ?? 0;
    tally.slowestMs = Math.max(tally.slowestMs, more.slowestMs ?? 0);
    tally.newestAt = Math.max(tally.newestAt ?? 0, Math.min(at, this.#window.now));
  }

  stated(
    at: number,
    record: Json,
    fields: readonly { path: string; read: (record: Json) => unknown }[],
  ): void {
    const part = this.#partOf(at);
    if (part === null) return;
    let counts = this.#stated.get(part);
    if (!counts) this.#stated.set(part, (counts = new Map()));
    for (const { path, read } of fields) {
      if (isStated(read(record))) counts.set(path, (counts.get(path) ?? 0) + 1);
    }
  }

  found(finding: Finding): void {
    this.#found += 1;
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push(finding);
  }

  result(records: number): Counted {
    return {
      records,
      found: this.#found,
      findings: this.#findings,
      tallies: [...this.#tallies.values()].map((one) => ({ ...one, bytes: Math.round(one.bytes) })),
      stated: [...this.#stated].flatMap(([part, counts]) =>
        [...counts].map(([field, stated]) => ({ part, field, stated })),
      ),
    };
  }

  // A writer's clock may say anything: what claims to come from the future counts as of now.
  #partOf(at: number): number | null {
    const { now, windowMs, partMs } = this.#window;
    const time = Math.min(at, now);
    return time < now - windowMs ? null : time - (time % partMs);
  }

  #tallyOf(part: number, schemaId: number): Tally {
    const key = `${part} ${schemaId}`;
    let tally = this.#tallies.get(key);
    if (!tally) {
      const none = { records: 0, live: 0, findings: 0, bytes: 0, timely: 0, late: 0, slowestMs: 0 };
      this.#tallies.set(key, (tally = { part, schemaId, ...none, newestAt: null }));
    }
    return tally;
  }
}

function isStated(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && !isEmptyList(value);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function readerOf(path: string): (record: Json) => unknown {
  const names = path.split('.');
  return (record) =>
    names.reduce<unknown>(
      (value, name) => (typeof value === 'object' && value !== null ? (value as Json)[name] : null),
      record,
    );
}
