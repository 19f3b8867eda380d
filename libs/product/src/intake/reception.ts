import type { Statement } from '@caremesh/platform';

import type { AnySource } from '../define/domain.js';
import type { SourceInput, SourceItem } from '../define/source.js';
import { fault, IntakeRefused } from '../errors.js';
import type { Fault } from '../errors.js';
import type { Mode } from '../person/nhs-number.js';
import type { UnitResult } from './answer.js';
import type { Chain } from './attempt.js';
import { mediaType } from './body.js';
import type { Committer } from './committer.js';
import { partsOf } from './multipart.js';
import type { Arrival, Prepared, Preparer } from './prepare.js';

/** Items of one unit: small enough that reading the next overlaps the commit of the last. */
const UNIT_ITEMS = 500;
const UNIT_BYTES = 1_000_000;

/**
 * Told of each unit's outcomes, possibly more than once; gives what must be written with it. Units are
 * numbered from 0; `last` is true for the one that ends the reading.
 */
export type OnUnit = (n: number, result: UnitResult, last: boolean) => Statement[];

/** Reads the items of a body and has them committed; joined sources do it in their own way. */
export type Receiver = {
  receive(
    source: AnySource,
    body: AsyncIterable<Uint8Array>,
    arrival: Arrival,
    options: { skip: number; receipt: string; onUnit: OnUnit },
  ): Promise<void>;
};

/** Reads a body item by item and has the items committed in their order, in flat memory. */
export class Reception implements Receiver {
  constructor(
    private readonly preparer: Preparer,
    private readonly committer: Committer,
    private readonly environment: Mode,
  ) {}

  /**
   * Resolves when every item is durable. Items before `skip` were done earlier and are passed over.
   * Throws `IntakeRefused` if nothing could be read, `cannotStoreNow` if the database stays away: then no unit behind the first
   * that is missing is stored, nor is any under way when this returns.
   */
  async receive(
    source: AnySource,
    body: AsyncIterable<Uint8Array>,
    arrival: Arrival,
    { skip, onUnit }: { skip: number; onUnit: OnUnit },
  ): Promise<void> {
    const pending: Promise<unknown>[] = [];
    const chain: Chain = { broken: null };
    let units = 0;
    const warnings: Fault[] = [];
    const send = async (items: Prepared[], last: boolean): Promise<void> => {
      await this.committer.room();
      if (chain.broken) throw chain.broken;
      const n = units++;
      const told = warnings.splice(0);
      const sent = this.committer.commit({
        items,
        chain,
        also: (outcomes) => onUnit(n, { stored: outcomes.length, outcomes, warnings: told }, last),
      });
      pending.push(sent.catch(() => undefined));
    };
    const notice = (found: Fault) => void warnings.push(found);
    const input = { ...inputOf(body, arrival, this.environment), notice };
    try {
      await this.#sendAll(itemsOf<unknown>(source, input), arrival, skip, send);
    } catch (error) {
      // Whoever takes the submission up again must not meet units of this time on their way.
      chain.broken ??= error instanceof Error ? error : new Error('unknown');
      throw error;
    } finally {
      await Promise.all(pending);
    }
    if (chain.broken) throw chain.broken;
  }

  /** Reads items and hands them on in units, the last of them perhaps empty. */
  async #sendAll(
    items: AsyncIterable<SourceItem<unknown>>,
    arrival: Arrival,
    skip: number,
    send: (items: Prepared[], last: boolean) => Promise<void>,
  ): Promise<void> {
    let unit: Prepared[] = [];
    let bytes = 0;
    let seen = 0;
    for await (const item of items) {
      if (seen++ < skip) continue;
      const prepared = this.preparer.prepare(item, arrival);
      unit.push(prepared);
      bytes += prepared.raw.length;
      if (unit.length < UNIT_ITEMS && bytes < UNIT_BYTES) continue;
      await send(unit, false);
      [unit, bytes] = [[], 0];
    }
    await send(unit, true);
  }
}

/**
 * Items of a body as its source reads them. A body that breaks off behind its first items (a multipart form that
 * does not hold together) has been read in part, and that part may be landed: the break is then one more refused
 * item, and the submission is not refused as a whole.
 */
export async function* itemsOf<S>(
  source: AnySource,
  input: SourceInput,
): AsyncGenerator<SourceItem<S>> {
  let index = 0;
  try {
    for await (const item of source.read(input) as AsyncIterable<SourceItem<S>>) {
      index = item.index + 1;
      yield item;
    }
  } catch (error) {
    if (!(error instanceof IntakeRefused) || index === 0) throw error;
    yield { index, sourceId: null, raw: '', outcome: 'quarantined', errors: [error.fault] };
  }
}

/** A body as a source reads it: as one stream, or by the parts of a multipart form. */
export function inputOf(
  body: AsyncIterable<Uint8Array>,
  { contentType }: Arrival,
  environment: Mode,
): SourceInput {
  const { type, charset } = mediaType(contentType);
  const input = { contentType, ...(charset && { charset }), environment };
  return type === 'multipart/form-data'
    ? { ...input, body: empty(), parts: partsOf(body, contentType) }
    : { ...input, body };
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // A multipart body is read by its parts.
}

/** Refuses a content type that the source does not take, and a body that is packed: nothing here unpacks it. */
export function assertTaken(
  source: AnySource,
  contentType: string | undefined,
  contentEncoding = 'identity',
): void {
  if (!/^\s*(?:identity)?\s*$/i.test(contentEncoding)) {
    const detail = 'the body is compressed; send it without Content-Encoding';
    throw new IntakeRefused(fault('contentTypeNotTaken', 'Content-Encoding', detail));
  }
  if (!source.contentTypes.includes(mediaType(contentType).type)) {
    throw new IntakeRefused(fault('contentTypeNotTaken', '/'));
  }
}
