import { charsetOf, defineJoinedSource, fault, IntakeRefused, shownId } from '@caremesh/product';
import type {
  CsvTable,
  Fault,
  PartRow,
  SourceInput,
  SourceItem,
  SourcePart,
} from '@caremesh/product';
import { organisation } from '../../organisation.js';
import { readActivity, readContact, readPatient, readReferral } from './rows.js';
import type { CsdsRow, Parsed, Reading } from './rows.js';
import { CYP001, CYP101, CYP201, CYP202 } from './tables.js';

type Item = SourceItem<PartRow<CsdsRow>>;

/** The tables as they are read: a row in typed values, and what it is called in answers. */
const TABLES: Record<string, TableReader> = {
  // A patient row's own identifier is a person's: it is named in no answer.
  CYP001: tableReader(CYP001, readPatient, () => null),
  CYP101: tableReader(CYP101, readReferral, (values) =>
    shownId(values.serviceRequestId, [values.localPatientId]),
  ),
  CYP201: tableReader(CYP201, readContact, (values) => values.careContactId),
  CYP202: tableReader(CYP202, readActivity, (values) => values.careActivityId),
};

/** The tables by the names that they have in the submission database, and so in its exports. */
const WHOLE_NAMES = new Map([
  ['CYP001MPI', 'CYP001'],
  ['CYP101REFERRAL', 'CYP101'],
  ['CYP201CARECONTACT', 'CYP201'],
  ['CYP202CAREACTIVITY', 'CYP202'],
]);

/**
 * CSDS files as multipart/form-data: a part for each table, named after it, any subset, in any order. Rows are
 * joined by their identifiers within a provider and held until their referral and patient are there.
 */
export const source = defineJoinedSource<CsdsRow>({
  name: 'csds',
  contentTypes: ['multipart/form-data'],
  root: 'CYP201',
  parts: {
    CYP001: { key: ({ key }) => key },
    CYP101: {
      key: ({ key }) => key,
      parent: { part: 'CYP001', key: ({ parentKey }) => parentKey },
    },
    CYP201: {
      key: ({ key }) => key,
      parent: { part: 'CYP101', key: ({ parentKey }) => parentKey },
    },
    CYP202: {
      key: ({ key }) => key,
      parent: { part: 'CYP201', key: ({ parentKey }) => parentKey },
    },
  },
  read: (input) => readParts(input, { mode: input.environment, defaultProvider: organisation.ods }),
});

async function* readParts({ parts, notice }: SourceInput, reading: Reading): AsyncGenerator<Item> {
  let index = 0;
  const refused: { name: string; fault: Fault }[] = [];
  let last: (typeof refused)[number] | null = null;
  try {
    for await (const part of parts ?? []) {
      last = null;
      try {
        for await (const items of readPart(part, { ...reading, notice }, index)) {
          index += items.length;
          yield* items;
        }
      } catch (error) {
        // A file that cannot be read to its end does not cost the others of the same delivery.
        last = { name: part.name, fault: faultOf(error) };
        refused.push(last);
      }
    }
  } catch (error) {
    // A delivery cut short breaks its last file, and the form around it: that is one fault, whatever the cut left of the file.
    if (last) last.fault = faultOf(error);
    else refused.push({ name: '', fault: faultOf(error) });
  }
  const [first] = refused;
  if (index === 0 && first) throw new IntakeRefused(first.fault);
  for (const { name, fault } of refused) yield unreadable(name, fault, index++);
}

function faultOf(error: unknown): Fault {
  if (error instanceof IntakeRefused) return error.fault;
  throw error;
}

function readPart(part: SourcePart, reading: PartReading, index: number): AsyncGenerator<Item[]> {
  const name = part.name.toUpperCase();
  const table = TABLES[WHOLE_NAMES.get(name) ?? name];
  return table ? table(part, reading, index) : refusePart(part);
}

// eslint-disable-next-line require-yield -- a part like the others, but one that has no items
async function* refusePart(part: SourcePart): AsyncGenerator<never> {
  for await (const _bytes of part.body);
  const known = `the tables are ${Object.keys(TABLES).join(', ')}`;
  throw new IntakeRefused(fault('multipartPartUnknown', 'Content-Disposition.name', known));
}

/** Stands for a file: of it only what stands before the fault was kept, and sending it again is right. */
const unreadable = (name: string, wrong: Fault, index: number): Item => ({
  index,
  sourceId: null,
  raw: '',
  ...(name && { part: name }),
  outcome: 'quarantined',
  errors: [wrong],
});

type PartReading = Reading & Pick<SourceInput, 'notice'>;
type TableReader = (
  part: SourcePart,
  reading: PartReading,
  index: number,
) => AsyncGenerator<Item[]>;

function tableReader<K extends string, R extends CsdsRow>(
  table: CsvTable<K>,
  readRow: (values: Record<K, string>, reading: Reading) => Parsed<R>,
  sourceIdOf: (values: Record<K, string>) => string | null,
): TableReader {
  return async function* (part, reading, start) {
    let index = start;
    for await (const batch of table.read(part.body, charsetOf(part.contentType), reading.notice)) {
      yield batch.map(({ raw, preamble, place, values, errors }): Item => {
        const where = `${table.name} ${place}`;
        const origin = { index: index++, raw, preamble, part: table.name, place: where };
        if (errors) return { ...origin, sourceId: null, outcome: 'quarantined', errors };
        const head = { ...origin, sourceId: sourceIdOf(values) || null };
        const read = readRow(values, reading);
        if (read.faults) {
          const { faults: errors, known, providerOds: publisherOds } = read;
          const row = known && { row: { part: table.name, ...known } };
          return { ...head, outcome: 'quarantined', errors, publisherOds, ...row };
        }
        const { at, providerOds } = read.row;
        return {
          ...head,
          record: { part: table.name, row: read.row },
          at,
          publisherOds: providerOds,
        };
      });
    }
  };
}
