import { readdirSync, readFileSync } from 'node:fs';
import { Faulty } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { readMessage, type AdtMessage } from '../../sources/adt-message.js';
import { sendersOf } from '../../sources/senders.js';
import { carry, toInpatientSpell } from './map.js';

const fixtures = new URL('fixtures/', import.meta.url);
const senders = sendersOf('test', {});
const DATES = ['birthDate', 'dischargeReadyDate', 'date'];
const TIMES = ['admissionAt', 'transferredAt', 'dischargeAt'];

/** A message of the given lines, read as the intake reads it. */
function adt(text: string): AdtMessage {
  const reading = readMessage(Buffer.from(text), 0, senders, 'test');
  const item = reading.item;
  if (!item || item.outcome !== undefined)
    throw new Error(JSON.stringify(reading.refused ?? item?.errors));
  return item.record;
}

/** Numbers of date and time fields as people read them. */
const readable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, one: unknown) => {
    if (typeof one !== 'number') return one;
    if (DATES.includes(key)) return new Date(one * 86_400_000).toISOString().slice(0, 10);
    return TIMES.includes(key) ? new Date(one).toISOString() : one;
  });

const text = (name: string): string =>
  readFileSync(new URL(`${name}/source.hl7`, fixtures), 'utf8');
const codes = (result: unknown): string[] =>
  result instanceof Faulty ? result.faults.map(({ code, path }) => `${code} ${path}`) : ['mapped'];

describe('an ADT message becomes the change a reviewer would write by hand', () => {
  it.each(readdirSync(fixtures))('%s', (name) => {
    const expected: unknown = JSON.parse(
      readFileSync(new URL(`${name}/expected.json`, fixtures), 'utf8'),
    );
    expect(readable(toInpatientSpell(adt(text(name))))).toEqual(expected);
    expect(readable(toInpatientSpell(adt(text(name).replaceAll('\n', '\r'))))).toEqual(expected);
    expect(readable(toInpatientSpell(adt(text(name).replaceAll('\n', '\r\n'))))).toEqual(expected);
  });
});

describe('a fault names its code and its place', () => {
  const admission = text('admission');
  it.each([
    ['an NHS number that fails modulus 11', '9434765919', '9434765910', 'MESH-2202 PID-3'],
    ['an NHS number of one digit repeated', '9434765919', '9999999999', 'MESH-2203 PID-3'],
    ['an NHS number outside 9xx', '9434765919', '5000000005', 'MESH-2204 PID-3'],
    ['an NHS number too short', '9434765919', '943476591', 'MESH-2201 PID-3'],
    ['nobody', '9434765919^^^NHS~448812^^^RCB^PI', '', 'MESH-2211 PID-3'],
    [
      "a trust's NHS number that fails",
      '9434765919^^^NHS',
      '9434765910^^^RCB^NH',
      'MESH-2202 PID-3',
    ],
    ["a trust's placeholder", '9434765919^^^NHS', '9999999999^^^RCB^NH', 'MESH-2203 PID-3'],
    ['two NHS numbers', '448812^^^RCB^PI', '9000000009^^^NHS', 'MESH-2208 PID-3'],
    ['a day that does not exist', '202610101350', '202602301350', 'MESH-2232 PV1-44'],
    ['an hour that does not exist', '202610101350', '202603290130', 'MESH-2233 PV1-44'],
    ['a date of another form', '202610101350', '10/10/2026', 'MESH-2231 PV1-44'],
    ['a birth date that does not exist', '194803170000', '19480231', 'MESH-2232 PID-7'],
    ['an unknown NHS number status', 'NSTS01', 'NSTS99', 'MESH-2207 PID-32'],
    ['an unknown patient class', 'PV1|1|I|', 'PV1|1|X|', 'MESH-2241 PV1-2'],
    ['no visit number', 'S1000213^^^VISITID', '', 'MESH-2213 PV1-19'],
    ['a diagnosis of another code system', 'pneumonia^ICD10', 'x^SNM', 'MESH-2242 DG1[1]-3.3'],
    ['a procedure of another code system', 'NEC^OPCS4', 'NEC^C4', 'MESH-2242 PR1[1]-3.3'],
    ['a number of type NHS', '9434765919^^^NHS', '9434765910^^^^NHS', 'MESH-2202 PID-3'],
    ['a postcode of no known form', 'YO10 4PF^GBR^H||', 'YO10^GBR^H||', 'MESH-2245 PID-11.5'],
  ])('%s', (_, from, to, expected) => {
    expect(codes(toInpatientSpell(adt(admission.replace(from, to))))).toEqual([expected]);
  });

  it('a discharge before the admission', () => {
    const early = text('discharge').replace('|202611021650\nZU1', '|202610091650\nZU1');
    expect(codes(toInpatientSpell(adt(early)))).toEqual(['MESH-2235 PV1-45']);
  });

  it('a discharge before the admission that is held, or an admission after the discharge that is', () => {
    const at = (day: number) => Date.UTC(2026, 2, day);
    const carried = (held: object, incoming: object) => {
      const found = carry(held, incoming, { samePerson: true });
      return found instanceof Faulty ? codes(found) : found;
    };
    const [admitted, discharged] = [{ admissionAt: at(10) }, { dischargeAt: at(1) }];
    expect(carried(admitted, discharged)).toEqual(['MESH-2235 PV1-45']);
    expect(carried(discharged, admitted)).toEqual(['MESH-2235 PV1-44']);
    expect(carried({ ...admitted, ...discharged }, { wardCode: 'W1' })).toMatchObject({
      wardCode: 'W1',
    });
    expect(carried({ ...admitted, dischargeAt: at(12) }, { dischargeAt: null })).toEqual({
      ...{ ...admitted, dischargeAt: null },
    });
    expect(carried(admitted, { ...discharged, admissionAt: at(1) })).toEqual({
      ...{ admissionAt: at(1), dischargeAt: at(1) },
    });
  });

  it('a message cut short inside PV1', () => {
    const cut = admission.slice(0, admission.indexOf('|300||||19'));
    expect(codes(toInpatientSpell(adt(cut)))).toEqual(['MESH-2112 PV1']);
  });

  it('all faults of a message at once', () => {
    const two = admission
      .replace('9434765919', '9434765910')
      .replace('202610101350', '202602301350');
    expect(codes(toInpatientSpell(adt(two)))).toEqual(['MESH-2202 PID-3', 'MESH-2232 PV1-44']);
  });
});

describe('whom a message is about', () => {
  it.each([
    ['9434765919^^^NHS^NH~77^^^RCB', '9434765919', { issuer: 'RCB', id: '77' }],
    ['77^^^PAS^PI~9434765919^^^NHSNBR^NH', '9434765919', { issuer: 'RCB', id: '77' }],
    ['943 476 5919^^^&2.16.840.1.113883.2.1.4.1&ISO', '9434765919', null],
    ['9434765919^^^RCB^NH~77^^^RCB', '9434765919', { issuer: 'RCB', id: '77' }],
    ['9434765919^^^NHS~943 476 5919^^^RCB55^NH', '9434765919', null],
    ['77^^^RCB55&x&ISO^MR', null, { issuer: 'RCB55', id: '77' }],
    ['77^^^LOCAL^MR^B82005', null, { issuer: 'B82005', id: '77' }],
    ['9434765919', null, { issuer: 'RCB', id: '9434765919' }],
    // The NHS number by its type, or by a facility alone, as many hospitals state it.
    ['0123123^^^RCB^MRN~9434765919^^^^NHS', '9434765919', { issuer: 'RCB', id: '0123123' }],
    ['9434765919^^^^NHS~X0123^^^^MRN', '9434765919', { issuer: 'RCB', id: 'X0123' }],
    ['9434765919^^^RCB^NHSNumber', '9434765919', null],
    ['77^^^^MRN~9434765919^^^^^NHS', '9434765919', { issuer: 'RCB', id: '77' }],
    ['77^^^^MRN^NHS', null, { issuer: 'RCB', id: '77' }],
    ['1^^^RCB^DIST~77^^^RCB^MRN', null, { issuer: 'RCB', id: '77' }],
    ['1^^^RCB^FINNBR~77^^^RCB', null, { issuer: 'RCB', id: '77' }],
    ['V1^^^RCB^VN~77^^^RCB', null, { issuer: 'RCB', id: '77' }],
    ['QQ1^^^GBNI^NI~77^^^RCB^MR', null, { issuer: 'RCB', id: '77' }],
    ['D1^^^DVLA^DL~9434765919^^^NHS', '9434765919', null],
    ['5^^^RCB^PI~77^^^RCB^MR', null, { issuer: 'RCB', id: '77' }],
    ['77^^^RCB^MR~5^^^RCB^PI', null, { issuer: 'RCB', id: '77' }],
    ['78^^^RCB~77^^^RCB', null, { issuer: 'RCB', id: '77' }, '78'],
    ['77^^^RCB~78^^^RCB', null, { issuer: 'RCB', id: '77' }, '78'],
  ])('%s', (identifiers, nhsNumber, local, other = '') => {
    const named = text('admission').replace('9434765919^^^NHS~448812^^^RCB^PI', identifiers);
    const [change] = toInpatientSpell(adt(named)) as { person: unknown }[];
    expect(change!.person).toEqual({
      ...{ nhsNumber, nhsNumberStatus: '01', local },
      ...(other && { others: [{ issuer: 'RCB', id: other }] }),
    });
  });
});

describe('what a message leaves out', () => {
  it('an outpatient visit makes no spell', () => {
    expect(toInpatientSpell(adt(text('admission').replace('PV1|1|I|', 'PV1|1|O|')))).toEqual([]);
  });

  it('an emergency attendance makes no spell, an emergency admission does', () => {
    const admitted = text('admission').replace('PV1|1|I|', 'PV1|1|E|');
    expect(codes(toInpatientSpell(adt(admitted)))).toEqual(['mapped']);
    expect(toInpatientSpell(adt(admitted.replace('|21|||C34', '||||C34')))).toEqual([]);
  });

  it('an admission cancelled is taken back, whatever class the visit has since, of whom the message names', () => {
    const cancelled = (patientClass: string) =>
      text('cancelled-admission').replace('PV1|1|I|', `PV1|1|${patientClass}|`);
    const [asStay] = toInpatientSpell(adt(cancelled('I'))) as object[];
    for (const patientClass of ['E', 'O']) {
      const [change] = toInpatientSpell(adt(cancelled(patientClass))) as object[];
      expect(change).toMatchObject({
        ...{ change: 'retract', sourceRecordId: 'RCB/S1000213', closes: true },
        person: { nhsNumber: null, local: { issuer: 'RCB', id: '448812' } },
      });
      // Of a visit that never was a stay it says nothing.
      expect(change).toEqual({ ...asStay, onlyIfHeld: true });
    }
  });

  const HELD = { sourceRecordId: 'RCB/S1000213', publisherOds: 'RCB', onlyIfHeld: true };
  const of = (name: string, event: string, patientClass: string) =>
    text(name)
      .replace(/ADT\^A\d\d/, `ADT^${event}`)
      .replace('PV1|1|I|', `PV1|1|${patientClass}|`);

  it.each([
    ['A02', 'transfer', 'O', { wardCode: 'W31', transferredAt: '2026-10-12T08:00:00.000Z' }],
    ['A03', 'discharge', 'O', { dischargeAt: '2026-11-02T16:50:00.000Z', dischargeMethod: '1' }],
    ['A03', 'discharge', 'N', { dischargeAt: '2026-11-02T16:50:00.000Z' }],
    ['A12', 'cancelled-transfer', 'P', { transferredAt: null }],
    ['A13', 'cancelled-discharge', 'W', { dischargeAt: null, dischargeMethod: null }],
    ['A08', 'update-withdraws', 'E', { treatmentFunctionCode: null }],
    ['A08', 'update-withdraws', 'N', { treatmentFunctionCode: null }],
  ])('%s (%s) of class %s counts for a stay that is held', (event, name, patientClass, content) => {
    const [change] = readable(toInpatientSpell(adt(of(name, event, patientClass)))) as {
      content: object;
    }[];
    expect(change).toMatchObject({ ...HELD, change: 'upsert', content });
    // Its class is no classification of the stay.
    expect(change!.content).not.toHaveProperty('patientClassification');
  });

  it.each(['O', 'P', 'W'])('an update to class %s takes back a stay that is held', (one) => {
    const [change] = toInpatientSpell(adt(of('update-withdraws', 'A08', one))) as object[];
    expect(change).toMatchObject({
      ...HELD,
      change: 'retract',
      person: { local: { issuer: 'RCB', id: '448812' } },
    });
    // Unlike an admission that is cancelled: the visit may become a stay again.
    expect(change).not.toHaveProperty('closes');
  });

  it('a message of no stay that names nobody takes back all the same', () => {
    const nobody = of('update-withdraws', 'A08', 'O').replace('448812', '');
    const [change] = toInpatientSpell(adt(nobody)) as object[];
    expect(change).toMatchObject({ ...HELD, change: 'retract', person: null });
  });

  it.each([
    ['A08', 'update-withdraws', '1234567890^^^NHS', 'MESH-2202 PID-3'],
    ['A11', 'cancelled-admission', '1234567890^^^NHS', 'MESH-2202 PID-3'],
    ['A08', 'update-withdraws', '9434765919^^^NHS~9000000009^^^NHS', 'MESH-2208 PID-3'],
    ['A11', 'cancelled-admission', '', 'MESH-2211 PID-3'],
  ])('%s (%s) of class O takes nothing back if %j is no person', (event, name, pid, expected) => {
    const wrong = of(name, event, 'O').replace(/448812\^\^\^(?:LOCALID|RCB\^PI)/, pid);
    const faulty = toInpatientSpell(adt(wrong));
    expect(codes(faulty)).toEqual([expected]);
    // Where no such stay is held there is nothing to be told of.
    expect((faulty as Faulty).onlyIfHeld).toMatchObject({ sourceRecordId: 'RCB/S1000213' });
    if (event === 'A11')
      expect(toInpatientSpell(adt(wrong.replace('PV1|1|O|', 'PV1|1|I|')))).toMatchObject({
        onlyIfHeld: null,
      });
  });

  it.each([
    ['A01', 'admission', { opens: true }],
    ['A02', 'transfer', {}],
    ['A03', 'discharge', {}],
    ['A08', 'update-withdraws', {}],
    ['A11', 'cancelled-admission', { closes: true }],
    ['A12', 'cancelled-transfer', {}],
    ['A13', 'cancelled-discharge', {}],
  ])(
    'only an admission begins a stay, only its cancellation closes one: %s',
    (_, name, expected) => {
      const [change] = toInpatientSpell(adt(text(name))) as { opens?: true; closes?: true }[];
      expect({
        ...(change!.opens && { opens: change!.opens }),
        ...(change!.closes && { closes: change!.closes }),
      }).toEqual(expected);
    },
  );

  it('an update that withdraws the admission of an emergency takes it back', () => {
    const withdrawn = of('update-withdraws', 'A08', 'E').replace('PV1|1|E||', 'PV1|1|E||""');
    const [change] = toInpatientSpell(adt(withdrawn)) as object[];
    expect(change).toMatchObject({ ...HELD, change: 'retract' });
  });

  it('what is wrong with such a message is wrong of a stay that is held only', () => {
    const faulty = of('discharge', 'A03', 'O').replace('|202611021650\nZU1', '|202613021650\nZU1');
    const found = toInpatientSpell(adt(faulty)) as Faulty;
    expect(codes(found)).toEqual(['MESH-2232 PV1-45']);
    expect(found.onlyIfHeld).toMatchObject({ sourceRecordId: 'RCB/S1000213', publisherOds: 'RCB' });
    expect((toInpatientSpell(adt(faulty.replace('|O|', '|I|'))) as Faulty).onlyIfHeld).toBeNull();
  });

  it('without a visit number it is about none', () => {
    const unnamed = of('discharge', 'A03', 'O').replace('S1000213^^^VISITID', '');
    expect(toInpatientSpell(adt(unnamed))).toEqual([]);
  });

  it.each([
    ['RCB^W27^BAY2-6^RCB55', 'RCB^W5', { wardCode: 'W5', bedCode: null, siteOds: null }],
    ['RCB^W27^BAY2-6^RCB55', '""', { wardCode: null, bedCode: null, siteOds: null }],
    ['14 CHAPEL LANE^FULFORD^YORK^NORTH YORKSHIRE^YO10 4PF^GBR^H', '""', { postcode: null }],
    ['NORTH YORKSHIRE^YO10 4PF^GBR^H', '^75001^FRA^H', { postcode: null }],
    ['NORTH YORKSHIRE^YO10 4PF^GBR^H', '', { postcode: null }],
    ['FULFORD SURGERY^^B82005', '""', { gpPracticeOds: null }],
    ['FULFORD SURGERY^^B82005', 'ANOTHER SURGERY', { gpPracticeOds: null }],
  ])('what is given of a whole replaces all of it: %s by %s', (from, to, expected) => {
    const [change] = toInpatientSpell(
      adt(
        text('admission')
          .replace(/\nNK1.*/, '')
          .replace(from, to),
      ),
    ) as { content: object }[];
    expect(change!.content).toMatchObject(expected);
  });

  it('what is not stated stays, what is withdrawn goes', () => {
    const held = { admissionMethod: '21', treatmentFunctionCode: '300', wardCode: 'W27' };
    const [change] = toInpatientSpell(adt(text('update-withdraws'))) as { content: object }[];
    expect(carry(held, change!.content, { samePerson: true })).toMatchObject({
      admissionMethod: '21',
      treatmentFunctionCode: null,
      wardCode: 'W27',
    });
  });

  it('what describes a person does not stay with a stay corrected to another', () => {
    const spell = (fixture: string) =>
      (toInpatientSpell(adt(text(fixture))) as { content: object }[])[0]!.content;
    const held = spell('admission');
    const PERSON = [
      'birthDate',
      'ethnicCategory',
      'gpPracticeOds',
      'personStatedGender',
      'postcode',
    ];
    const described = (content: object) =>
      Object.entries(content).filter(([name]) => PERSON.includes(name));
    expect(described(held).map(([name]) => name)).toEqual(expect.arrayContaining(PERSON));
    const moved = { wardCode: 'W31', postcode: 'LS1 4AP' };
    expect(described(carry(held, moved, { samePerson: false }))).toEqual(
      expect.arrayContaining(PERSON.map((name) => [name, name === 'postcode' ? 'LS1 4AP' : null])),
    );
    expect(carry(held, moved, { samePerson: false })).toMatchObject({
      wardCode: 'W31',
      admissionMethod: '21',
    });
    expect(carry(held, moved, { samePerson: true })).toEqual({ ...held, ...moved });
  });

  it.each([
    [
      'the usual address, by the name it has elsewhere',
      '^^^^LS1 4AP^GBR^TMP~^^^^OL6 9JE^GBR^HOME',
      'OL6 9JE',
    ],
    ['also before others', '^^^^OL6 9JE^GBR^home~^^^^LS1 4AP^GBR^TMP', 'OL6 9JE'],
    ['the first if none is said to be it', '^^^^LS1 4AP~^^^^OL6 9JE', 'LS1 4AP'],
    ['however many blanks stand in it', '^^^^M1   1AA^GBR^H', 'M1 1AA'],
  ])('the postcode is of %s', (_, address, postcode) => {
    const moved = text('admission').replace(
      '14 CHAPEL LANE^FULFORD^YORK^NORTH YORKSHIRE^YO10 4PF^GBR^H',
      address,
    );
    const [change] = toInpatientSpell(adt(moved)) as { content: object }[];
    expect(change!.content).toMatchObject({ postcode });
  });

  it('letters of HL7 itself stand for what the profile says they do', () => {
    const [, sex] = /\|(\d)\|\|\|14 CHAPEL LANE/.exec(text('admission'))!;
    const [change] = toInpatientSpell(
      adt(
        text('admission')
          .replace(`|${sex}|||14 CHAPEL LANE`, '|N|||14 CHAPEL LANE')
          .replace(/^(PID(?:\|[^|]*){21}\|)[^|]*/m, '$1U'),
      ),
    ) as { content: object }[];
    expect(change!.content).toMatchObject({ personStatedGender: 'X', ethnicCategory: 'Z' });
  });

  it.each([
    ['A01', 'admission', '202610101350', '20261010', 'admissionAt', '2026-10-10T12:55:00.000Z'],
    [
      'A03',
      'discharge',
      '202611021650\nZU1',
      '20261102\nZU1',
      'dischargeAt',
      '2026-11-02T16:50:00.000Z',
    ],
    // Of another day than the event the day is all that is known.
    [
      'A03',
      'discharge',
      '202611021650\nZU1',
      '20261101\nZU1',
      'dischargeAt',
      '2026-11-01T00:00:00.000Z',
    ],
  ] as const)(
    '%s that states the day alone happened when its event did',
    (_, name, from, to, field, expected) => {
      const [change] = toInpatientSpell(adt(text(name).replace(from, to))) as {
        content: Record<'admissionAt' | 'dischargeAt', number>;
      }[];
      expect(new Date(change!.content[field]).toISOString()).toBe(expected);
    },
  );

  it('an admission without an admit time was when the event occurred', () => {
    const [change] = toInpatientSpell(
      adt(text('admission').replace('|202610101350\nPV2', '\nPV2')),
    ) as { content: { admissionAt: number } }[];
    expect(new Date(change!.content.admissionAt).toISOString()).toBe('2026-10-10T12:55:00.000Z');
  });
});
