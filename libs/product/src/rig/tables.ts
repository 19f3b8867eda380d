import { defineDomain } from '../define/domain.js';
import { defineProduct } from '../define/product.js';
import type { Change } from '../define/product.js';
import { defineJoinedSource } from '../define/source.js';
import type { Joined, PartRow, SourceInput, SourceItem } from '../define/source.js';
import { fault, Faulty } from '../errors.js';

/** A row of one of the specs' tables: patient, referral, contact (the root), activity. */
export type TableRow = {
  part: 'patient' | 'referral' | 'contact' | 'activity';
  key: string;
  parent?: string;
  text: string;
  nhs?: string;
  /** RFC 3339 time of the return the row is of. */
  at?: string;
};

/** Whether a row whose text is `unreadable` is read as any other: as after a reader was put right. */
export const reader = { isMended: false };

async function* read({ body }: SourceInput): AsyncGenerator<SourceItem<PartRow<TableRow>>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const lines = Buffer.concat(chunks)
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  for (const [index, raw] of lines.entries()) {
    const row = JSON.parse(raw) as TableRow;
    const { part, key, at = null } = row;
    const head = { index, sourceId: key, raw };
    if (row.text === 'unreadable' && !reader.isMended) {
      const errors = [fault('dateImpossible', '/read')];
      yield { ...head, outcome: 'quarantined', errors, row: { part, key, at } };
    } else yield { ...head, record: { part, row }, at };
  }
}

const below = (part: string) => ({ part, key: (row: TableRow) => row.parent ?? null });

const tables = defineJoinedSource<TableRow>({
  name: 'tables',
  contentTypes: ['application/x-ndjson'],
  root: 'contact',
  parts: {
    patient: { key: ({ key }) => key },
    referral: { key: ({ key }) => key, parent: below('patient') },
    contact: { key: ({ key }) => key, parent: below('referral') },
    activity: { key: ({ key }) => key, parent: below('contact') },
  },
  read,
});

type Medication = {
  medicationStatementId?: string | null;
  medicationText?: string | null;
  status?: string | null;
  recordedAs?: string | null;
};

function map({ root, ancestors, children }: Joined<TableRow>): Change<Medication>[] | Faulty {
  if (root.text === 'faulty') return new Faulty([fault('dateImpossible', '/date')]);
  const patient = ancestors['patient']!;
  // What is wrong in a row that belongs to it, or that it belongs to, is found only here.
  const wrong = [patient, ...(children['activity'] ?? [])].find(({ text }) => text === 'wrong');
  if (wrong) return new Faulty([fault('dateImpossible', `${wrong.part}.text`)]);
  const texts = [patient, ancestors['referral']!, root].map(({ text }) => text);
  const activities = (children['activity'] ?? []).map(({ text }) => text).toSorted();
  const times = [root, ...(children['activity'] ?? [])].map(({ at }) => at ?? '');
  return [
    {
      change: 'upsert',
      sourceRecordId: root.key,
      person: { nhsNumber: patient.nhs ?? null, nhsNumberStatus: '01', local: null },
      publisherOds: 'A81001',
      at: times.toSorted().at(-1) || null,
      content: {
        medicationStatementId: root.key,
        medicationText: `${texts.join('/')}:${activities.join(',')}`,
        recordedAs: 'statement',
        status: 'active',
      },
    },
  ];
}

export const joinedGp = defineDomain({
  name: 'gp',
  organisation: { ods: 'A81001', name: 'A practice' },
  sources: [tables],
  products: [
    defineProduct<TableRow, Medication>({
      contract: 'gp/medication-statement/v1',
      from: tables,
      map,
    }),
  ],
});
