import type { FilledField } from '../define/product.js';
import { newId } from '../intake/ids.js';
import type { Prepared, RunningProduct } from '../intake/prepare.js';
import type { Content } from '../state/codec.js';
import { heldRecord, publishedId } from '../state/model.js';
import type { HeldRecord, KeyedBackFill } from '../state/model.js';
import type { Pair } from './missing.js';

/** What the newer major holds of the record, and publishes if it stands; or the code of what stands against it. */
export async function changeOf(
  row: HeldRecord,
  { from, to: { live, checks, ...to } }: Pair,
  traceparent: string,
): Promise<KeyedBackFill | string> {
  const codec = await from.live.codecOf(row.schemaId);
  const held = codec.content(row.content);
  const ref = codec.personOf(row.content);
  const publisherOds = String(held['publisherOds']);
  const identity = { record: publishedId(row.record), person: ref, publisherOds };
  const change = {
    change: 'back-fill' as const,
    product: live,
    record: heldRecord(identity.record, live),
    person: row.person,
    at: row.at,
    ...{ publisherOds, traceparent, ref },
  };
  const { retracted, closed, expired } = row;
  if (retracted) {
    const isTaken = live.codec.pathOf(identity, {}) === null;
    return isTaken ? { ...change, content: {}, ended: { closed, expired } } : 'notMapped';
  }
  const content = mapped(to, ownOf(held));
  if (content === null) return 'notMapped';
  const failed = checks.run({ identity, content, codec: live.codec, state: null });
  return failed ? (failed.errors[0]?.code ?? failed.step) : { ...change, content };
}

/** All of them as one item: nothing was received, so there is nothing to land or to keep. */
export function itemOf(changes: KeyedBackFill[], traceparent: string): Prepared {
  return {
    ...{ index: 0, sourceId: null, publisherOds: null, raw: Buffer.alloc(0), preamble: '' },
    arrival: { source: 'back-fill', contentType: '', traceparent, receipt: newId() },
    ...{ part: null, landing: null, changes, refusal: null, notUsed: null },
  };
}

/** What the library fills in is filled in anew; a mapping neither gets it nor states it. */
const FILLED: readonly FilledField[] = [
  'recordId',
  'nhsNumber',
  'nhsNumberStatus',
  'localPatientId',
  'localPatientIdIssuer',
  'publisherOds',
];

const ownOf = (held: Content): Content =>
  Object.fromEntries(
    Object.entries(held).filter(([name]) => !FILLED.includes(name as FilledField)),
  );

// An error's own text may hold a value of the record, so it goes nowhere.
function mapped({ definition }: Pick<RunningProduct, 'definition'>, held: Content): Content | null {
  try {
    return definition.fromEarlier?.(held) ?? null;
  } catch {
    return null;
  }
}
