import { hl7Day, hl7Moment } from '../life/day.js';
import type { Moment } from '../life/day.js';
import type { Life, Stay } from '../life/life.js';
import type { Person } from '../life/person.js';

/** HL7 v2.4 ADT of the UK ITK profile; segments end with a carriage return. */
export type AdtMessage = { controlId: string; event: AdtEvent; at: Moment; text: string };
export type AdtEvent = 'A01' | 'A02' | 'A03' | 'A08' | 'A11' | 'A12' | 'A13' | 'A40';

/** Message structure by event (HL7 table 0354). */
const STRUCTURES: Record<AdtEvent, string> = {
  A01: 'ADT_A01',
  A02: 'ADT_A02',
  A03: 'ADT_A03',
  A08: 'ADT_A01',
  A11: 'ADT_A09',
  A12: 'ADT_A12',
  A13: 'ADT_A01',
  A40: 'ADT_A39',
};

type Situation = { person: Person; stay: Stay; ward: string; identified: boolean; ended: boolean };

/** Every message the hospital sends about a life, in the order it sends them. */
export function adtMessages({ person, stays }: Life): AdtMessage[] {
  return stays.flatMap((stay) => {
    const messages: AdtMessage[] = [];
    for (const [event, at, situation] of eventsOf(stay)) {
      const controlId = `${stay.spell}-${messages.length + 1}`;
      const whole = { person, stay, ...situation };
      messages.push({ controlId, event, at, text: messageOf(controlId, event, at, whole) });
    }
    return messages;
  });
}

type Told = [AdtEvent, Moment, Pick<Situation, 'ward' | 'identified' | 'ended'>];

function* eventsOf(stay: Stay): Generator<Told> {
  const { admitted, movedTo, discharged, story } = stay;
  let now = { ward: stay.ward, identified: !stay.unidentified, ended: false };
  yield ['A01', admitted, now];
  if (story === 'admission cancelled') {
    yield ['A11', later(admitted, 20), now];
    return;
  }
  if (stay.unidentified) {
    now = { ...now, identified: true };
    yield ['A40', later(admitted, 10), now];
  }
  if (story === 'updated') yield ['A08', later(admitted, 15), now];
  if (movedTo) {
    yield ['A02', movedTo.at, { ...now, ward: movedTo.ward }];
    if (story === 'transfer cancelled') yield ['A12', later(movedTo.at, 5), now];
    else now = { ...now, ward: movedTo.ward };
  }
  if (!discharged) return;
  yield ['A03', discharged, { ...now, ended: true }];
  if (story !== 'discharge cancelled') return;
  yield ['A13', later(discharged, 5), now];
  yield ['A03', later(discharged, 25), { ...now, ended: true }];
}

/** Minutes later, still on the same day: an event an hour before midnight at the latest has room. */
function later({ day, hour, minute }: Moment, minutes: number): Moment {
  const total = Math.min(23 * 60 + 59, hour * 60 + minute + minutes);
  return { day, hour: Math.floor(total / 60), minute: total % 60 };
}

/** One HL7 v2.4 message of an event, its segments ended by CR. */
export function messageOf(
  controlId: string,
  event: AdtEvent,
  at: Moment,
  situation: Situation,
): string {
  const { person } = situation;
  const time = hl7Moment(at);
  const lines = [
    segment('MSH', {
      2: '^~\\&',
      3: 'PAS',
      4: person.place.acute.ods,
      5: 'ROUTE',
      6: 'ROUTE',
      7: `${time}00`,
      9: `ADT^${event}^${STRUCTURES[event]}`,
      10: controlId,
      11: 'P',
      12: '2.4',
      17: 'GBR',
      18: 'UNICODE',
      19: 'EN',
      21: 'iTKv1.0',
    }),
    segment('EVN', { 2: time, 6: time }),
    personSegment(situation),
    segment('PD1', { 3: `^^${person.practice}` }),
  ];
  if (event === 'A40') lines.push(segment('MRG', { 1: temporaryNumber(situation) }));
  else lines.push(visitSegment(situation), ...diagnosisOf(event, situation));
  return lines.map((line) => `${line}\r`).join('');
}

function personSegment({ person, stay, identified }: Situation): string {
  const trust = person.place.acute.ods;
  const own = `${person.hospitalNumber}^^^${trust}^PI`;
  return segment('PID', {
    1: '1',
    3: identified ? `${person.nhsNumber}^^^NHS^NH~${own}` : temporaryNumber({ person, stay }),
    5: `${escaped(person.family.toUpperCase())}^${escaped(person.given.toUpperCase())}^^^^^L`,
    7: hl7Day(person.born),
    8: person.gender === 'male' ? '1' : '2',
    11: `${person.address.line}^^${person.address.town}^^${person.address.postcode}^GBR^H`,
    22: person.ethnicCategory,
    32: identified ? 'NSTS01' : 'NSTS03',
  });
}

/** The number of a registration made before anybody knew who the person was. */
const temporaryNumber = ({ person, stay }: Pick<Situation, 'person' | 'stay'>): string =>
  `T${stay.spell}^^^${person.place.acute.ods}^PI`;

function visitSegment({ person, stay, ward, ended }: Situation): string {
  return segment('PV1', {
    1: '1',
    2: 'I',
    3: `${person.place.acute.ods}^${ward}^B${(person.index % 8) + 1}`,
    4: stay.emergency ? '21' : '11',
    10: stay.emergency ? '300' : '100',
    14: '19',
    19: `${stay.spell}^^^VISITID`,
    36: ended ? '1' : '',
    37: ended ? '19' : '',
    44: hl7Moment(stay.admitted),
    45: ended && stay.discharged ? hl7Moment(stay.discharged) : '',
  });
}

function diagnosisOf(event: AdtEvent, { stay }: Situation): string[] {
  if (event !== 'A08' && event !== 'A03') return [];
  return [segment('DG1', { 1: '1', 3: `${stay.diagnosis}^^ICD10`, 6: 'F', 15: '1' })];
}

/** A segment by its numbered fields; fields not named are empty. MSH-1 is the separator itself. */
function segment(name: string, fields: Record<number, string>): string {
  const last = Math.max(...Object.keys(fields).map(Number));
  const all: string[] = [name];
  for (let field = name === 'MSH' ? 2 : 1; field <= last; field++) all.push(fields[field] ?? '');
  return all.join('|');
}

/** HL7 escapes of its own delimiters. */
const escaped = (text: string): string =>
  text.replace(
    /[\\|^~&]/g,
    (mark) => `\\${{ '\\': 'E', '|': 'F', '^': 'S', '~': 'R', '&': 'T' }[mark]}\\`,
  );
