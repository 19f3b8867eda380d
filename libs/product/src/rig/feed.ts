import { defineDomain } from '../define/domain.js';
import { defineProduct } from '../define/product.js';
import type { Change, Restricted } from '../define/product.js';
import type { NamedPerson, PersonRef } from '../person/person-ref.js';
import { defineSource } from '../define/source.js';
import type { SourceInput, SourceItem } from '../define/source.js';
import { fault, Faulty } from '../errors.js';

/** A line of the specs' own feed: one change, as plain as can be. */
export type Line = {
  do: 'put' | 'retract' | 'merge' | 'broken' | 'cut' | 'other' | 'faulty';
  id?: string;
  nhs?: string | null;
  local?: string | null;
  text?: string;
  at?: string | null;
  /** Whose record it is, in a feed whose ids are their keeper's own; null: not said. */
  keeper?: string | null;
  /** Counts only if the record is held, not retracted. */
  held?: true;
  /** Who probably keeps it where that is not said. */
  likely?: string;
  /** Makes the line a message of its own that is landed once. */
  message?: string;
  into?: string | null;
  /** Beside `into`: the survivor's local identifier. */
  intoLocal?: string | null;
  /** Further local identifiers of the person. */
  others?: string[];
  /** What the line says beside all else of whether its person is restricted, and since when. */
  restricted?: boolean;
  restrictedAt?: string;
  /** Where the person lives and goes. */
  postcode?: string;
  practice?: string;
};
type Medication = {
  medicationStatementId?: string | null;
  medicationText?: string | null;
  status?: string | null;
  recordedAs?: string | null;
  postcode?: string | null;
  gpPracticeOds?: string | null;
};

export const ODS = 'A81001';
/** Who runs the service, in whose name the records of somebody restricted stand. */
export const SERVICE = 'A20047';

/** What a record of somebody restricted shows. */
const restricted: Restricted<Medication> = {
  publisherOds: SERVICE,
  shows: (content) => ({ ...content, postcode: null, gpPracticeOds: null }),
};

/** Reads one JSON line per item. */
async function* read({ body }: SourceInput): AsyncGenerator<SourceItem<Line>> {
  let rest = '';
  let index = 0;
  for await (const chunk of body) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield item(line, index++);
  }
  if (rest !== '') yield item(rest, index);
}

function item(raw: string, index: number): SourceItem<Line> {
  const line = JSON.parse(raw) as Line;
  const head = {
    ...{ index, sourceId: line.id ?? null, raw, messageId: line.message ?? null },
    ...(line.restricted !== undefined && {
      restriction: {
        person: named(line),
        restricted: line.restricted,
        at: line.restrictedAt ?? null,
      },
    }),
  };
  if (line.do === 'broken')
    return { ...head, outcome: 'quarantined', errors: [fault('jsonMalformed', '/')] };
  // Stands for the rest of a file, of which nothing is kept.
  if (line.do === 'cut')
    return { ...head, raw: '', outcome: 'quarantined', errors: [fault('jsonMalformed', '/rest')] };
  if (line.do === 'other')
    return { ...head, outcome: 'notUsed', errors: [fault('kindNotUsed', '/')] };
  return { ...head, record: line, at: line.at ?? null };
}

/** Whom a line is about, with what else it gives of them. */
function named({ nhs, local, others = [] }: Line): NamedPerson {
  const ref = person(nhs, local);
  return others.length > 0 ? { ...ref, others: others.map((id) => ({ issuer: ODS, id })) } : ref;
}

function person(nhs: string | null | undefined, local: string | null | undefined): PersonRef {
  return {
    nhsNumber: nhs ?? null,
    nhsNumberStatus: nhs ? '01' : '07',
    local: local ? { issuer: ODS, id: local } : null,
  };
}

function map(line: Line): Change<Medication>[] | Faulty {
  const at = line.at ?? null;
  const publisherOds = line.keeper ?? line.likely ?? ODS;
  if (line.do === 'faulty')
    return new Faulty(
      [fault('dateImpossible', '/date')],
      line.held ? { sourceRecordId: line.id ?? '', publisherOds } : null,
    );
  const head = { publisherOds, at };
  const ref = named(line);
  if (line.do === 'merge')
    return [{ ...head, change: 'merge', from: ref, into: person(line.into, line.intoLocal) }];
  const sourceRecordId = line.id ?? '';
  const identity = {
    sourceRecordId,
    ...(line.keeper !== undefined && { keeper: line.keeper, likelyKeeper: line.likely ?? null }),
    ...(line.held && { onlyIfHeld: line.held }),
  };
  if (line.do === 'retract') {
    const known = ref.nhsNumber !== null || ref.local !== null;
    return [{ ...head, change: 'retract', ...identity, person: known ? ref : null }];
  }
  const content = {
    medicationStatementId: sourceRecordId,
    medicationText: line.text ?? 'paracetamol',
    recordedAs: 'statement',
    status: 'active',
    ...(line.postcode && { postcode: line.postcode }),
    ...(line.practice && { gpPracticeOds: line.practice }),
  };
  return [{ ...head, change: 'upsert', ...identity, person: ref, content }];
}

const feed = defineSource<Line>({
  name: 'feed',
  method: 'http',
  contentTypes: ['application/x-ndjson'],
  restricts: true,
  read,
});

/** A second major beside the first, made from the same feed: it writes every text in capitals. */
const inCapitals = (line: Line): Change<Medication>[] | Faulty => {
  const changes = map(line);
  if (changes instanceof Faulty) return changes;
  return changes.map((change) => {
    if (change.change !== 'upsert') return change;
    const medicationText = String(change.content.medicationText).toUpperCase();
    return { ...change, content: { ...change.content, medicationText } };
  });
};

export const gp = defineDomain({
  name: 'gp',
  organisation: { ods: ODS, name: 'A practice' },
  sources: [feed],
  products: [
    defineProduct<Line, Medication>({
      ...{ contract: 'gp/medication-statement/v1', from: feed, map, restricted },
    }),
  ],
});

/** The same domain with two majors of its product. */
export const gpWithTwoMajors = defineDomain({
  ...gp,
  products: [
    ...gp.products,
    defineProduct<Line, Medication>({
      contract: 'gp/medication-statement/v2',
      from: feed,
      map: inCapitals,
      restricted,
      fromEarlier: ({ medicationText, ...held }) =>
        medicationText === 'left out'
          ? null
          : { ...held, medicationText: String(medicationText).toUpperCase() },
    }),
  ],
});

/** A valid NHS number of the test range, different for each n. */
export function nhsNumber(n: number): string {
  for (let body = 900_000_000 + n * 11; ; body++) {
    const digits = String(body);
    let sum = 0;
    for (let i = 0; i < 9; i++) sum += Number(digits[i]) * (10 - i);
    const check = (11 - (sum % 11)) % 11;
    if (check !== 10) return `${digits}${check}`;
  }
}

export const ndjson = (lines: readonly Line[]): string =>
  lines.map((line) => JSON.stringify(line)).join('\n');
