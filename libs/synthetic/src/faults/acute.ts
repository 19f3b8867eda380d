import { messageOf } from '../formats/adt.js';
import type { Life, Stay } from '../life/life.js';
import type { Person } from '../life/person.js';
import { inWindows1252, WRONG_NUMBERS } from './kinds.js';
import type { RecordFault } from './kinds.js';

/** A faulty message; `id` is its control id and spell, new to the file. */
type Message = (life: Life, id: string) => string | Buffer;

const DAY = 20_700;

/** An admission of somebody, under its own control id and spell. */
export function admission(person: Person, id: string): string {
  const admitted = { day: DAY, hour: 9, minute: 30 };
  const stay: Stay = {
    spell: id,
    admitted,
    discharged: { day: DAY + 2, hour: 14, minute: 0 },
    emergency: true,
    ward: 'W12',
    movedTo: null,
    diagnosis: 'J18.1',
    unidentified: false,
    story: 'plain',
  };
  const situation = { person, stay, ward: stay.ward, identified: true, ended: false };
  return messageOf(id, 'A01', admitted, situation);
}

/** The n-th field of a segment replaced (MSH-1 is the separator, so MSH counts from 2). */
function withField(message: string, segment: string, field: number, value: string): string {
  return message
    .split('\r')
    .map((line) => {
      if (!line.startsWith(`${segment}|`)) return line;
      const fields = line.split('|');
      const at = segment === 'MSH' ? field - 1 : field;
      while (fields.length <= at) fields.push('');
      fields[at] = value;
      return fields.join('|');
    })
    .join('\r');
}

const field =
  (segment: string, position: number, value: string | ((person: Person) => string)): Message =>
  ({ person }, id) =>
    withField(
      admission(person, id),
      segment,
      position,
      typeof value === 'string' ? value : value(person),
    );

const fault = (kind: string, code: string, make: Message): RecordFault<Message> => ({
  kind,
  code,
  make,
});

export const ACUTE_FAULTS: RecordFault<Message>[] = [
  fault('segment-missing', 'MESH-2114', ({ person }, id) =>
    admission(person, id).replace(/PV1[^\r]*\r/, ''),
  ),
  fault('wrong-version', 'MESH-2113', field('MSH', 12, '2.3')),
  fault('wrong-type', 'MESH-2118', field('MSH', 9, 'ORU^R01')),
  fault('sender-not-allowed', 'MESH-2015', field('MSH', 4, 'ZZZ')),
  fault('windows-1252', 'MESH-2103', ({ person }, id) =>
    inWindows1252(withField(admission(person, id), 'PID', 5, 'SAINT-CÔME^ANAÏS')),
  ),
  fault('impossible-date', 'MESH-2232', field('PV1', 44, '202602300930')),
  fault('date-malformed', 'MESH-2231', field('PV1', 44, '2026-09-03')),
  fault('end-before-start', 'MESH-2235', field('PV1', 45, '202001011200')),
  fault('unknown-code', 'MESH-2241', field('PV1', 4, '77')),
  fault('record-id-missing', 'MESH-2213', field('PV1', 19, '')),
  fault('postcode-malformed', 'MESH-2245', field('PID', 11, '1 Mill Lane^^Lincoln^^L5^GBR^H')),
  fault('no-person', 'MESH-2211', field('PID', 3, '')),
  ...WRONG_NUMBERS.map(({ kind, code, number }) =>
    fault(
      kind,
      code,
      field('PID', 3, (person) => `${number(person.nhsNumber)}^^^NHS^NH`),
    ),
  ),
];
