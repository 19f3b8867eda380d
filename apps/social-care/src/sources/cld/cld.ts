import { charsetOf, defineSource, fault, shownId } from '@caremesh/product';
import type { CsvRow, Mode, SourceInput, SourceItem } from '@caremesh/product';
import { CLD } from './columns.js';
import type { CldColumn, CldValues } from './columns.js';
import { councilIn, readServiceEvent } from './service-event.js';
import type { ServiceEvent } from './service-event.js';

/** Client Level Data as one CSV file: a row for each event, of which the services are used. */
export const source = defineSource<ServiceEvent>({
  name: 'cld',
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
}: SourceInput): AsyncGenerator<SourceItem<ServiceEvent>> {
  let index = 0;
  for await (const rows of CLD.read(body, charset ?? charsetOf(contentType), notice))
    for (const row of rows) yield itemOf(row, index++, environment);
}

function itemOf(row: CsvRow<CldColumn>, index: number, mode: Mode): SourceItem<ServiceEvent> {
  const { raw, preamble, place } = row;
  const origin = { index, raw, preamble, place };
  if (row.errors) return { ...origin, sourceId: null, outcome: 'quarantined', errors: row.errors };
  const { values } = row;
  const head = { ...origin, sourceId: sourceIdOf(values), publisherOds: councilIn(values) };
  const kind = kindOf(values);
  if (kind === 'other')
    return { ...head, outcome: 'notUsed', errors: [fault('kindNotUsed', CLD.pathOf('eventType'))] };
  if (kind === 'unknown')
    return {
      ...head,
      outcome: 'quarantined',
      errors: [fault('codeUnknown', CLD.pathOf('eventType'))],
    };
  const { event, faults } = readServiceEvent(values, mode);
  return faults
    ? { ...head, outcome: 'quarantined', errors: faults }
    : { ...head, record: event, at: event.at };
}

/** The council's reference of the event, unless it was made from what the council knows the person by. */
const sourceIdOf = ({ eventReference, nhsNumber, tracedNhsNumber, personId }: CldValues) =>
  shownId(eventReference, [nhsNumber, tracedNhsNumber, personId]);

/** Carers known by association have no event at all. */
function kindOf({ eventType, clientType }: CldValues): 'service' | 'other' | 'unknown' {
  const kind = eventType.toLowerCase();
  if (/^services?$/.test(kind)) return 'service';
  if (/^(requests?|referrals?|assessments?|reviews?)$/.test(kind)) return 'other';
  return kind === '' && /known by association$/i.test(clientType) ? 'other' : 'unknown';
}
