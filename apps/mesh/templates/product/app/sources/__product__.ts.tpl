import { charsetOf, csvTable, defineSource, nhsNumber, RowReader } from '@caremesh/product';
import type { Fault, Mode, PersonRef, SourceInput, SourceItem } from '@caremesh/product';
import { organisation } from '../organisation.js';

/** The columns that are read, by their headings; other columns are left unread. */
const TABLE = csvTable('', {
  recordId: { heading: 'RECORD IDENTIFIER', required: true },
  nhsNumber: { heading: 'NHS NUMBER', required: true },
  localPatientId: { heading: 'LOCAL PATIENT IDENTIFIER', required: true },
  date: { heading: 'EVENT DATE', required: true },
  status: { heading: 'STATUS', required: true },
});
type Column = keyof typeof TABLE.columns;

/** What a row says, in plain typed values: days since 1970, codes as they came. */
export type {{Record}}Row = {
  recordId: string;
  person: PersonRef;
  date: number | null;
  status: string | null;
};

/** {{productTitle}} records as one CSV file, a row each. */
export const {{camel}}Source = defineSource<{{Record}}Row>({
  name: '{{product}}',
  method: 'http',
  contentTypes: ['text/csv'],
  read,
});

async function* read({
  body,
  charset,
  contentType,
  environment,
  notice,
}: SourceInput): AsyncGenerator<SourceItem<{{Record}}Row>> {
  let index = 0;
  for await (const rows of TABLE.read(body, charset ?? charsetOf(contentType), notice)) {
    for (const { raw, preamble, place, values, errors } of rows) {
      const sourceId = values?.recordId || null;
      const head = { index: index++, raw, preamble, place, sourceId };
      const { record, faults } = errors ? { faults: errors } : readRow(values, environment);
      yield faults
        ? { ...head, outcome: 'quarantined', errors: faults }
        : { ...head, record, at: null };
    }
  }
}

/** A row in typed values, or everything that is wrong with it. */
function readRow(
  values: Record<Column, string>,
  mode: Mode,
): { record: {{Record}}Row; faults?: undefined } | { record?: undefined; faults: Fault[] } {
  const row = new RowReader(TABLE, values);
  const record = {
    recordId: row.mandatory('recordId', 'recordIdMissing'),
    person: personOf(row, values, mode),
    date: row.mandatory('date') === '' ? null : row.day('date'),
    status: row.text('status'),
  };
  return row.faults.length > 0 ? { faults: row.faults } : { record };
}

function personOf(row: RowReader<Column>, values: Record<Column, string>, mode: Mode): PersonRef {
  const id = row.text('localPatientId');
  const number = values.nhsNumber
    ? nhsNumber.parseNhsNumber(values.nhsNumber, mode, row.path('nhsNumber'))
    : null;
  if (number?.fault) row.add(number.fault);
  if (!number && !id) row.wrong('localPatientId', 'personMissing');
  return {
    nhsNumber: number?.value ?? null,
    nhsNumberStatus: number ? '02' : '03',
    local: id ? { issuer: organisation.ods, id } : null,
  };
}
