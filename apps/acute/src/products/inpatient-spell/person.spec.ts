import { Faulty, type NamedPerson } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../sources/adt-message.js';
import { sendersOf } from '../../sources/senders.js';
import { toInpatientSpell } from './map.js';

const senders = sendersOf('test', {});

type When = { made?: string; recorded?: string };

/** What a message of 10 November 2026, unless it says otherwise, becomes of the lines given after its EVN. */
function mapped(event: string, lines: string[], { made, recorded }: When = {}) {
  const whole = [
    `MSH|^~\\&|PAS|RCB|||${made ?? '20261110120000'}||ADT^${event}|1|P|2.4`,
    `EVN||${recorded ?? '202611101130'}`,
    ...lines,
    '',
  ];
  const { item } = readMessage(Buffer.from(whole.join('\r')), 0, senders, 'test');
  if (!item || item.outcome !== undefined) throw new Error('not read');
  return toInpatientSpell(item.record);
}

/** Identifiers of a person, or the fault that says why there are none. */
function told(found: Faulty | object[], which: 'person' | 'from' | 'into' = 'person'): string[] {
  if (found instanceof Faulty) return found.faults.map(({ code, path }) => `${code} ${path}`);
  const { nhsNumber, local, others = [] } = (found[0] as Record<typeof which, NamedPerson>)[which];
  return [nhsNumber, local?.id, ...others.map(({ id }) => id)].filter((one) => one != null);
}

const person = (identifiers: string, when?: When, event = 'A08'): string[] => {
  const visit = `PV1|1|I|W27${'|'.repeat(16)}S1`;
  return told(mapped(event, [`PID|1||${identifiers}`, visit], when));
};
const A = '9434765919^^^NHS^NH';
const B = '9000000009^^^NHS^NH';
const OLD = 'A7OLD^^^RCB^MR';
const NEW = 'Z7NEW^^^RCB^MR';

describe('an identifier that has ended (CX.8) is not whom a message is about, if another is', () => {
  it.each([
    ['an NHS number', `${A}~${B}^^^20261109`, ['9434765919']],
    ['an NHS number before the other', `${B}^^20200101^20261109~${A}`, ['9434765919']],
    ['one that fails its check', `1234567890^^^NHS^NH^^^20200101~${A}`, ['9434765919']],
    ['a record number', `${OLD}^^^20200101~${NEW}`, ['Z7NEW']],
    ['of better kind', `${OLD}^^^20200101~5^^^RCB^PI`, ['5']],
    ['with a time of day', `${OLD}^^^20261109235959~${NEW}`, ['Z7NEW']],
    ['by its month', `${OLD}^^^202610~${NEW}`, ['Z7NEW']],
    ['by its year', `${OLD}^^^2025~${NEW}`, ['Z7NEW']],
  ])('%s', (_, identifiers, expected) => {
    expect(person(identifiers)).toEqual(expected);
    expect(person(identifiers, {}, 'A11')).toEqual(expected);
  });

  it.each([
    ['the only NHS number', `${B}^^^20200101~${NEW}`, ['9000000009', 'Z7NEW']],
    ['the only record number, where there is no NHS number', `${OLD}^^^20200101`, ['A7OLD']],
    [
      'the only record number beside the only NHS number, that has ended too, is not: the number',
      `${B}^^^20200101~${OLD}^^^20200101`,
      ['9000000009'],
    ],
    ['the first of several that have all ended', `${OLD}^^^20200101~${NEW}^^^20200101`, ['A7OLD']],
  ])('%s still is', (_, identifiers, [...expected]) => {
    expect(person(identifiers).slice(0, expected.length)).toEqual(expected);
  });

  it.each(['20261110', '20270101', '202611', '2026', '', '""', '20201301', 'gone', '202613'])(
    'what ends with %j has not ended on 10 November 2026',
    (ends) => {
      expect(person(`${OLD}^^^${ends}~${NEW}`)[0]).toBe('A7OLD');
      expect(person(`${A}~${B}^^^${ends}`)).toEqual(['MESH-2208 PID-3']);
    },
  );

  it.each<[string, When, string]>([
    ['when it was recorded', { recorded: '202611101130', made: '20261120120000' }, 'A7OLD'],
    ['when it was recorded, by day', { recorded: '20261116', made: '20261110120000' }, 'Z7NEW'],
    ['when it was made', { recorded: '', made: '20261116000000' }, 'Z7NEW'],
    [
      'when it was made, where the record is no time',
      { recorded: '2026', made: '2026111500' },
      'A7OLD',
    ],
    ['London’s day', { recorded: '20261115233000-0100' }, 'Z7NEW'],
  ])('the day of a message is that of %s', (_, when, expected) => {
    expect(person(`${OLD}^^^20261115~${NEW}`, when)[0]).toBe(expected);
  });

  it('a merge names whoever survives by what has not ended, and ends what it says', () => {
    const merge = mapped('A40', [
      `PID|1||${B}^^^20200101~${OLD}^^^20200101~${A}~${NEW}`,
      'MRG|M1^^^RCB^MR^^^20200101',
    ]);
    // Also an identifier that has ended is theirs.
    expect(told(merge, 'into')).toEqual(['9434765919', 'Z7NEW', 'A7OLD']);
    expect(told(merge, 'from')).toEqual(['M1']);
  });

  it.each(['A01', 'A02', 'A03', 'A08', 'A11'])(
    '%s does not say that whoever had a local identifier that has ended is whom an NHS number is of',
    (event) => {
      const ended = 'E^^^RCB^MR^^20100101^20200101';
      expect(person(`${A}~${ended}`, {}, event)).toEqual(['9434765919']);
      expect(person(`${ended}~${A}~${NEW}`, {}, event)).toEqual(['9434765919', 'Z7NEW']);
    },
  );

  it.each(['A01', 'A02', 'A08', 'A11'])(
    '%s gives every further local identifier of the same kind that has not ended, each once',
    (event) => {
      const more = 'Z8^^^RCB^MR~V1^^^RCB^VN~V2^^^RCB^AN';
      const pid = `5^^^RCB^PI~${more}~${OLD}^^^20200101~${A}~${NEW}~8^^^RRK~5^^^RCB^MC~${NEW}`;
      expect(person(pid, {}, event)).toEqual(['9434765919', 'Z7NEW', 'Z8']);
      expect(person(`Z8^^^RCB^MR~${NEW}`, {}, event)).toEqual(['Z7NEW', 'Z8']);
      expect(person(`${OLD}^^^20200101~Z8^^^RCB^MR^^^20200101`, {}, event)).toEqual(['A7OLD']);
      expect(person(`${A}~${NEW}`, {}, event)).toEqual(['9434765919', 'Z7NEW']);
    },
  );

  it('a message of no stay is about whom one of a stay is', () => {
    const lines = [`PID|1||${OLD}^^^20200101~${NEW}`, `PV1|1|O|W27${'|'.repeat(16)}S1`];
    expect(told(mapped('A08', lines))[0]).toBe('Z7NEW');
  });
});

describe('a further identifier is of the same person only if it is numbered as the first is', () => {
  it.each<[string, string, string[]]>([
    ['of one kind and authority', 'A^^^RCB^MR~B^^^RCB^MR', ['A', 'B']],
    ['of one kind, however it is written', 'A^^^RCB^MR~B^^^RCB^mr~C^^^RCB^Mr', ['A', 'B', 'C']],
    ['of no kind', 'A^^^RCB~B^^^RCB', ['A', 'B']],
    ['of no kind and no authority', 'A~B', ['A', 'B']],
    ['of one authority that is no ODS code', 'A^^^PAS^MR~B^^^PAS^MR', ['A', 'B']],
    ['of one authority by its universal id', 'A^^^&1.2.3&ISO^MR~B^^^&1.2.3&ISO^MR', ['A', 'B']],
    ['of one authority, first assigned elsewhere', 'A^^^RCB^MR^X~B^^^RCB^MR^Y', ['A', 'B']],
    ['once more under another kind', 'A^^^RCB^MR~B^^^RCB^DIST~B^^^RCB^MR~A^^^RCB^DIST', ['A', 'B']],
  ])('%s', (_, identifiers, expected) => {
    expect(person(identifiers)).toEqual(expected);
    expect(person(identifiers.split('~').toReversed().join('~'))).toEqual(expected);
  });

  // A trust's record 3002 and its internal number 3002 are two people's.
  it.each<[string, string, string[]]>([
    ['another kind', '3001^^^RCB^MR~3002^^^RCB^PI', ['3001']],
    ['another kind that comes first', '3002^^^RCB^PI~3001^^^RCB^MR', ['3001']],
    ['no kind beside one', '3001^^^RCB^MR~3002^^^RCB', ['3001']],
    ['one kind beside none', '3001^^^RCB~3002^^^RCB^DIST', ['3001']],
    ['another trust', '3001^^^RCB^MR~3002^^^RRK^MR', ['3001']],
    ['authorities that are no ODS codes', '1^^^PAS^MR~2^^^RADIOLOGY^MR', ['1']],
    ['an authority that is no ODS code beside the trust', '3^^^PAS^MR~4^^^RCB^MR', ['3']],
    ['no authority', '3001^^^RCB^MR~3002^^^^MR', ['3001']],
    ['another universal id', '3^^^PAS&1.2.3&ISO^MR~4^^^PAS&1.2.4&ISO^MR', ['3']],
    ['a universal id that the other lacks', '3^^^PAS&1.2.3&ISO^MR~4^^^PAS^MR', ['3']],
    ['without authority, facilities that are no ODS codes', '3^^^^MR^EAST~4^^^^MR^WEST', ['3']],
    ['one issuer by its facility', '3^^^PAS^MR^B82005~4^^^PAS^MR', ['4']],
    [
      'no kind, where the first number is also of one',
      '7^^^RCB~8^^^RCB~7^^^RCB^DIST~9^^^RCB^DIST',
      ['7', '9'],
    ],
  ])('but not of %s', (_, identifiers, expected) => {
    expect(person(identifiers)).toEqual(expected);
    expect(person(`${A}~${identifiers}`)).toEqual(['9434765919', ...expected]);
    expect(person(identifiers.split('~').toReversed().join('~'))).toEqual(expected);
  });

  it('a merge says of all of them that they are one person', () => {
    const merge = mapped('A40', [
      `PID|1||${A}~3001^^^RCB^MR~3002^^^RCB^PI`,
      'MRG|4001^^^RCB^MR~4002^^^RADIOLOGY^PI',
    ]);
    expect(told(merge, 'into')).toEqual(['9434765919', '3001', '3002']);
    expect(told(merge, 'from')).toEqual(['4001', '4002']);
  });
});

describe('what numbers no person’s record is no local identifier', () => {
  const CODES = (
    'PRN XX FI DN AM VS DFN DI DS MS AND ANC ANT ACSN DEA MD MCR MCD RR MB SN DDS RPH RN LACSN ' +
    'vn An fi Prn nnGBR'
  ).split(' ');
  it.each(CODES)('%s', (type) => {
    expect(person(`1^^^RCB^${type}`)).toEqual(['MESH-2211 PID-3']);
    expect(person(`${A}~1^^^RCB^${type}`)).toEqual(['9434765919']);
    const merge = mapped('A40', [
      `PID|1||${A}~1^^^RCB^${type}~${NEW}`,
      `MRG|2^^^RCB^${type}~${OLD}`,
    ]);
    expect([told(merge, 'into'), told(merge, 'from')]).toEqual([
      ['9434765919', 'Z7NEW'],
      ['A7OLD'],
    ]);
  });

  it.each(['MR', 'mrn', 'PI', 'PT', 'U', 'MRT', 'PN', 'LR', 'DIST', ''])('%j does', (type) => {
    expect(person(`1^^^RCB^${type}`)).toEqual(['1']);
  });

  it.each(['nh', 'NH'])('an NHS number is one also as %s', (type) => {
    expect(person(`9434765919^^^RCB^${type}~${NEW}`)).toEqual(['9434765919', 'Z7NEW']);
  });
});
