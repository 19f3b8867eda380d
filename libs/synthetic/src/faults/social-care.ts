import { CLD, packageRow } from '../formats/cld.js';
import type { CldRow } from '../formats/cld.js';
import type { Life } from '../life/life.js';
import { inWindows1252, WRONG_NUMBERS } from './kinds.js';
import type { RecordFault } from './kinds.js';

/** A faulty line of a return; `id` is the event's reference, new to the return. */
type Line = (life: Life, id: string) => string | Buffer;

const serviceOf = ({ person }: Life, reference: string): CldRow =>
  packageRow(person, {
    reference,
    started: 20_650,
    ended: null,
    serviceType: 'Long term support: Community',
    component: 'Home support',
    mechanism: 'Direct payment',
    provider: { id: '1-1010000100', name: 'Willow Home Care' },
    unitCost: 22.75,
    unitsPerWeek: 7,
    outcome: 'Continuation of support or services',
    note: '',
  });

const row = (
  kind: string,
  code: string,
  change: CldRow | ((life: Life) => CldRow),
): RecordFault<Line> => ({
  kind,
  code,
  make: (life, id) =>
    CLD.line({ ...serviceOf(life, id), ...(typeof change === 'function' ? change(life) : change) }),
});

const line = (
  kind: string,
  code: string,
  change: (text: string) => string | Buffer,
): RecordFault<Line> => ({
  kind,
  code,
  make: (life, id) => change(CLD.line(serviceOf(life, id))),
});

export const SOCIAL_CARE_FAULTS: RecordFault<Line>[] = [
  ...WRONG_NUMBERS.map(({ kind, code, number }) =>
    row(kind, code, ({ person }) => ({ 'NHS Number': number(person.nhsNumber) })),
  ),
  row('no-person', 'MESH-2211', { 'NHS Number': '', 'LA Person Unique Identifier': '' }),
  row('impossible-date', 'MESH-2232', { 'Event Start Date': '31/06/2026' }),
  row('date-malformed', 'MESH-2231', { 'Event Start Date': '2026/06/30' }),
  row('end-before-start', 'MESH-2235', { 'Event End Date': '01/01/2020' }),
  row('unknown-event-type', 'MESH-2241', { 'Event Type': 'Picnic' }),
  row('unknown-code', 'MESH-2241', { 'Service Type': 'Long term support: Castle' }),
  row('mandatory-field-empty', 'MESH-2221', { 'Service Type': '' }),
  row('number-malformed', 'MESH-2224', { 'Unit Cost': 'twenty' }),
  row('number-out-of-range', 'MESH-2225', { 'Unit Cost': '22.755' }),
  row('ods-malformed', 'MESH-2244', { 'LA Code': '?' }),
  line('row-too-long', 'MESH-2126', (text) => text.replace('\r\n', ',,extra\r\n')),
  line('quote-left-open', 'MESH-2125', (text) => text.replace('Willow', '"Willow')),
  line('windows-1252', 'MESH-2103', (text) => inWindows1252(text.replace('Willow', 'Café'))),
];
