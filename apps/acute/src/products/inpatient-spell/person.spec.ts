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
    ['the only record number', `${A}~${OLD}^^^20200101`, ['9434765919', 'A7OLD']],
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

  it.each(['A01', 'A02', 'A08', 'A11'])(
    '%s gives every further local identifier that has not ended, each once, as a merge does',
    (event) => {
      const visits = 'V1^^^RCB^VN~V2^^^RCB^AN';
      const pid = `5^^^RCB^PI~${visits}~${OLD}^^^20200101~${A}~${NEW}~8^^^RRK~5^^^RCB^MC~${NEW}`;
      expect(person(pid, {}, event)).toEqual(['9434765919', 'Z7NEW', '5', '8']);
      expect(person(`5^^^RCB^PI~${NEW}`, {}, event)).toEqual(['Z7NEW', '5']);
      expect(person(`${OLD}^^^20200101~5^^^RCB^PI^^^20200101`, {}, event)).toEqual(['A7OLD']);
      expect(person(`${A}~${NEW}`, {}, event)).toEqual(['9434765919', 'Z7NEW']);
    },
  );

  it('further identifiers are of whoever issued them', () => {
    const [change] = mapped('A08', [`PID|1||8^^^RRK~${NEW}`, `PV1|1|I|W27${'|'.repeat(16)}S1`]) as {
      person: NamedPerson;
    }[];
    expect(change!.person).toEqual({
      ...{ nhsNumber: null, nhsNumberStatus: '03' },
      local: { issuer: 'RCB', id: 'Z7NEW' },
      others: [{ issuer: 'RRK', id: '8' }],
    });
  });

  it('a message of no stay is about whom one of a stay is', () => {
    const lines = [`PID|1||${OLD}^^^20200101~${NEW}`, `PV1|1|O|W27${'|'.repeat(16)}S1`];
    expect(told(mapped('A08', lines))[0]).toBe('Z7NEW');
  });
});
