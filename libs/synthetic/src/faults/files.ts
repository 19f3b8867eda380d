import { CLD } from '../formats/cld.js';
import { CSDS } from '../formats/csds.js';
import { ndjsonLines } from '../formats/fhir.js';
import type { Life } from '../life/life.js';
import type { Person } from '../life/person.js';
import type { Label, Setting } from '../labels.js';
import { admission } from './acute.js';

/** A whole file that is wrong, or only looks so: what becomes of it, and under which code. */
export type FileFault = {
  kind: string;
  setting: Setting;
  file: string;
  contentType: string;
  /** The form part it is, for community. */
  part?: string;
  outcome: Label['outcome'];
  code: string | null;
  bytes: Buffer;
};

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

/** Files of the kinds that senders really send, each beside what it is called. Ids are of their own, so that none repeats a good record. */
export function fileFaults(life: Life): FileFault[] {
  return [...gpFiles(life), ...acuteFiles(life), ...socialCareFiles(life), ...communityFiles()];
}

function gpFiles(life: Life): FileFault[] {
  const json = ndjsonLines(life)[0]!.replace(/"id":"[^"]*"/, '"id":"file-fault"');
  const file = (kind: string, name: string, code: string, bytes: Buffer | string): FileFault => ({
    kind,
    setting: 'gp',
    file: `faults/gp/${name}`,
    contentType: 'application/fhir+json',
    outcome: 'refused',
    code,
    bytes: Buffer.from(bytes),
  });
  return [
    file('json-malformed', 'malformed.json', 'MESH-2101', json.slice(0, -1)),
    file('xml-not-json', 'statement.xml', 'MESH-2102', '<MedicationStatement/>'),
    file('utf-16', 'utf-16.json', 'MESH-2104', utf16(json)),
    file('byte-order-mark', 'bom.json', 'MESH-2105', `\uFEFF${json}`),
    file('empty', 'empty.json', 'MESH-2003', ''),
  ];
}

/** A batch cannot show where a message was cut short, for the next one begins there; a file of one message can. */
function acuteFiles({ person }: Life): FileFault[] {
  const message = admission(person, `FILE1-${person.id}`);
  const twice = admission(person, `FILE2-${person.id}`);
  const file = (
    kind: string,
    outcome: Label['outcome'],
    code: string | null,
    text: string,
  ): FileFault => ({
    kind,
    setting: 'acute',
    file: `faults/acute/${kind}.hl7`,
    contentType: 'application/hl7-v2',
    outcome,
    code,
    bytes: Buffer.from(text),
  });
  const cut = message.slice(0, message.indexOf('\rPV1') - 5);
  return [
    file('hl7-truncated', 'quarantined', 'MESH-2112', cut),
    file('duplicate', 'unchanged', null, twice + twice),
    file(
      'out-of-order',
      'unchanged',
      null,
      admission(person, `FILE3-${person.id}`) + earlierUpdate(person),
    ),
  ];
}

/** What the hospital said of the stay before what it said last, arriving after it. */
const earlierUpdate = (person: Person): string =>
  admission(person, `FILE3-${person.id}`)
    .replace(/(MSH(?:\|[^|]*){5}\|)\d+/, '$1202609010800')
    .replace('ADT^A01^ADT_A01|FILE3-', 'ADT^A08^ADT_A01|FILE4-')
    .replace('^W12^', '^W99^');

function socialCareFiles(life: Life): FileFault[] {
  const file = (
    kind: string,
    code: string | null,
    bytes: Buffer | string,
    contentType = 'text/csv',
    outcome: Label['outcome'] = code ? 'refused' : 'accepted',
  ): FileFault => ({
    kind,
    setting: 'social-care',
    file: `faults/social-care/${kind}.csv`,
    contentType,
    outcome,
    code,
    bytes: Buffer.from(bytes),
  });
  const good = returnOf(life);
  const [header = '', ...rows] = good('missing').split('\r\n');
  return [
    file(
      'column-missing',
      'MESH-2121',
      [header.replace('Client Type', 'Sort'), ...rows].join('\n'),
    ),
    file(
      'column-duplicated',
      'MESH-2124',
      [header.replace('Gender', 'LA Code'), ...rows].join('\n'),
    ),
    file('no-header', 'MESH-2127', rows.join('\n')),
    file('utf-16-without-mark', 'MESH-2104', utf16(good('utf-16-bare'))),
    file('charset-unknown', 'MESH-2106', good('charset'), 'text/csv; charset=klingon'),
    file('empty', 'MESH-2003', ''),
    file('columns-reordered', null, reordered(good('reordered'))),
    file('column-extra', null, withColumn(good('extra'))),
    file('byte-order-mark', null, `\uFEFF${good('bom')}`),
    file('utf-16-with-mark', null, utf16(`\uFEFF${good('utf-16')}`)),
    file(
      'windows-1252-declared',
      null,
      Buffer.from(good('latin'), 'latin1'),
      'text/csv; charset=windows-1252',
    ),
    file('quoted-line-breaks', null, good('quoted', 'Two carers,\r\n"Peggy"\r\nat noon')),
    file('duplicate', null, repeated(good('duplicate')), 'text/csv', 'unchanged'),
    file('out-of-order', null, withEarlierReturn(good), 'text/csv', 'unchanged'),
  ];
}

const repeated = (text: string): string => text + text.slice(text.indexOf('\r\n') + 2);

/** A service, and then what an earlier return said of it. */
function withEarlierReturn(
  good: (reference: string, description?: string, end?: string) => string,
): string {
  const earlier = good('late', 'As it was', '31/07/2026');
  return good('late', 'As it is') + earlier.slice(earlier.indexOf('\r\n') + 2);
}

/** Makes a return of one service; no value but its description needs quotes. */
const returnOf =
  ({ person }: Life) =>
  (reference: string, description = '', periodEnd = '31/10/2026'): string =>
    CLD.header +
    CLD.line({
      'LA Code': person.place.council.ods,
      'Reporting Period End Date': periodEnd,
      'NHS Number': person.nhsNumber,
      'LA Person Unique Identifier': person.councilNumber,
      'Client Type': 'Service user',
      'Event Type': 'Service',
      'Event Reference': `FILE-${person.id}-${reference}`,
      'Event Start Date': '01/09/2026',
      'Event Description': description,
      'Service Type': 'Long term support: Community',
    });

const reordered = (text: string): string =>
  text
    .split('\r\n')
    .map((line) => line.split(',').toReversed().join(','))
    .join('\r\n');

const withColumn = (text: string): string =>
  text
    .split('\r\n')
    .map((line, position) => line && `${line},${position === 0 ? 'Colour' : 'red'}`)
    .join('\r\n');

function communityFiles(): FileFault[] {
  const file = (kind: string, code: string, bytes: Buffer | string): FileFault => ({
    kind,
    setting: 'community',
    file: `faults/community/${kind}.csv`,
    contentType: 'text/csv',
    part: 'CYP201',
    outcome: 'refused',
    code,
    bytes: Buffer.from(bytes),
  });
  const { header } = CSDS.CYP201;
  return [
    file('column-missing', 'MESH-2121', header.replace('CARE CONTACT DATE', 'DAY')),
    file(
      'column-duplicated',
      'MESH-2124',
      header.replace('CARE CONTACT TIME', 'CARE CONTACT DATE'),
    ),
    file('utf-16-without-mark', 'MESH-2104', utf16(header)),
    file('no-header', 'MESH-2127', '1,2,3\r\n4,5,6\r\n'),
  ];
}
