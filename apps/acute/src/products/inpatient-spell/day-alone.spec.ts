import { Faulty } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../sources/adt-message.js';
import { sendersOf } from '../../sources/senders.js';
import { carry, toInpatientSpell } from './map.js';
import type { InpatientSpell } from './record.gen.js';

const senders = sendersOf('test', {});

/** What a message says of when: PV1-44 and 45, EVN-2 and 6, all as they stand in it. */
type Said = { admitted?: string; discharged?: string; recorded?: string; occurred?: string };
type Times = Pick<Partial<InpatientSpell>, 'admissionAt' | 'dischargeAt' | 'transferredAt'>;

/** The times a message states of a stay, or why it is refused. */
function stated(event: string, said: Said, made = '20261111120000'): Times | string {
  const { admitted = '', discharged = '', recorded = '', occurred = '' } = said;
  const lines = [
    `MSH|^~\\&|PAS|RCB|||${made}||ADT^${event}|1|P|2.4`,
    `EVN||${recorded}||||${occurred}`,
    'PID|1||448812^^^RCB^MR',
    `PV1|1|I|W27${'|'.repeat(16)}S1${'|'.repeat(25)}${admitted}|${discharged}`,
    '',
  ];
  const { item } = readMessage(Buffer.from(lines.join('\r')), 0, senders, 'test');
  if (!item || item.outcome !== undefined) throw new Error('not read');
  const mapped = toInpatientSpell(item.record);
  return mapped instanceof Faulty ? codes(mapped) : (mapped[0] as { content: Times }).content;
}

const codes = ({ faults }: Faulty): string =>
  faults.map(({ code, path }) => `${code} ${path}`).join();

/** The times of a stay after messages one after another: as people read them, or why the last is refused. */
function after(...messages: [event: string, said: Said, made?: string][]): string[] | string {
  let held: Times = {};
  for (const message of messages) {
    const told = stated(...message);
    if (typeof told === 'string') return told;
    const whole = carry(held, told, { samePerson: true });
    if (whole instanceof Faulty) return codes(whole);
    held = whole;
  }
  const { admissionAt, dischargeAt, transferredAt } = held;
  return [admissionAt, dischargeAt, transferredAt].flatMap((one) =>
    one ? [new Date(one).toISOString().slice(0, 16)] : [],
  );
}

const DAY = '20261110';
const ADMITTED = '202611100900';

describe('a discharge told by its day alone is no earlier than an admission of that day', () => {
  const admission = ['A01', { admitted: ADMITTED }] as ['A01', Said];
  it.each<[string, [string, Said, string?][], string[]]>([
    [
      'told again on the next day',
      [
        ['A03', { admitted: ADMITTED, discharged: DAY, recorded: '202611101700' }],
        ['A08', { admitted: ADMITTED, discharged: DAY, recorded: '202611110900' }],
        ['A08', { discharged: DAY, recorded: '202611110900' }],
      ],
      ['2026-11-10T09:00', '2026-11-10T17:00'],
    ],
    [
      'recorded on the next day',
      [['A03', { admitted: ADMITTED, discharged: DAY, recorded: '20261111080000' }]],
      ['2026-11-10T09:00', '2026-11-10T09:00'],
    ],
    [
      'recorded on the next day, the admission told before',
      [['A03', { discharged: DAY, recorded: '20261111080000' }]],
      ['2026-11-10T09:00', '2026-11-10T09:00'],
    ],
    [
      'as when the event occurred, recorded that day',
      [['A03', { admitted: ADMITTED, occurred: DAY, recorded: '20261110170000' }]],
      ['2026-11-10T09:00', '2026-11-10T17:00'],
    ],
    [
      'as when the event occurred, recorded the next day',
      [['A03', { admitted: ADMITTED, occurred: DAY, recorded: '20261111080000' }]],
      ['2026-11-10T09:00', '2026-11-10T09:00'],
    ],
    [
      'recorded that day, but before the admission',
      [['A03', { admitted: ADMITTED, discharged: DAY, recorded: '20261110085900' }]],
      ['2026-11-10T09:00', '2026-11-10T09:00'],
    ],
    [
      'by a system whose days have an offset',
      [['A03', { discharged: `${DAY}+0000`, recorded: '20261111080000' }]],
      ['2026-11-10T09:00', '2026-11-10T09:00'],
    ],
    [
      'before the admission was known by more than its day',
      [
        ['A08', { admitted: DAY, discharged: DAY }],
        ['A08', { admitted: '202611101000', discharged: DAY }],
      ],
      ['2026-11-10T10:00', '2026-11-10T10:00'],
    ],
  ])('%s', (_, messages, expected) => {
    expect(after(admission, ...messages)).toEqual(expected);
  });

  it.each<[string, Said]>([
    ['a day before it', { discharged: '20261109' }],
    ['a day before it, with the admission', { admitted: ADMITTED, discharged: '20261109' }],
    ['a time before it', { discharged: '202611100859' }],
    ['midnight', { discharged: '202611100000' }],
    ['midnight, with the admission', { admitted: ADMITTED, discharged: '202611100000' }],
    // The day of the discharge is that of London: 23:30 UTC in summer is the next one.
    ['another day of London', { admitted: '20260710233000+0000', discharged: '20260710' }],
  ])('and one that is before it is refused all the same: %s', (_, said) => {
    expect(after(admission, ['A08', said])).toBe('MESH-2235 PV1-45');
    expect(after(admission, ['A03', { ...said, recorded: '20261111080000' }])).toBe(
      'MESH-2235 PV1-45',
    );
  });

  it('an admission of a later day than the discharge that is held is refused', () => {
    const discharge: [string, Said] = ['A03', { discharged: '202611101700' }];
    expect(after(admission, discharge, ['A08', { admitted: '20261111' }])).toBe('MESH-2235 PV1-44');
  });
});

describe('an admission known by no more than the day of the discharge is no later than that', () => {
  // The time at which an admission was recorded is no word of the sender's on when it was.
  const guessed = ['A01', { admitted: DAY, recorded: '202611101100' }] as ['A01', Said];
  it.each<[string, [string, Said, string?][], string[]]>([
    [
      'told again with a discharge before it was recorded',
      [guessed, ['A03', { admitted: DAY, discharged: '202611101000' }]],
      ['2026-11-10T00:00', '2026-11-10T10:00'],
    ],
    [
      'and told once more, in whatever message',
      [
        guessed,
        ['A03', { admitted: DAY, discharged: '202611101000' }],
        ['A08', { admitted: DAY, discharged: '202611101000' }],
        guessed,
      ],
      ['2026-11-10T00:00', '2026-11-10T10:00'],
    ],
    [
      'until a time is stated',
      [
        guessed,
        ['A03', { admitted: DAY, discharged: '202611101000' }],
        ['A08', { admitted: '202611100915' }],
      ],
      ['2026-11-10T09:15', '2026-11-10T10:00'],
    ],
    [
      'in one message',
      [['A01', { admitted: DAY, discharged: '202611101000', recorded: '202611101100' }]],
      ['2026-11-10T00:00', '2026-11-10T10:00'],
    ],
    [
      'after a discharge known by its day and when it was recorded',
      [['A03', { discharged: DAY, recorded: '202611101000' }], guessed],
      ['2026-11-10T00:00', '2026-11-10T10:00'],
    ],
    [
      'both days told by the discharge, and again by the admission',
      [
        ['A03', { admitted: DAY, discharged: DAY, recorded: '202611101000' }],
        guessed,
        ['A03', { admitted: DAY, discharged: DAY, recorded: '202611101000' }],
      ],
      ['2026-11-10T00:00', '2026-11-10T10:00'],
    ],
    [
      'in summer, when the day of London begins on another of UTC',
      [
        ['A01', { admitted: '20260710', recorded: '202607101100' }],
        ['A03', { admitted: '20260710', discharged: '202607100030' }],
      ],
      ['2026-07-09T23:00', '2026-07-09T23:30'],
    ],
    [
      'on the day that summer time begins',
      [
        ['A01', { admitted: '20260329', recorded: '202603291100' }],
        ['A03', { admitted: '20260329', discharged: '202603291000' }],
      ],
      ['2026-03-29T00:00', '2026-03-29T09:00'],
    ],
    [
      'on the day that summer time ends',
      [
        ['A01', { admitted: '20261025', recorded: '202610251100' }],
        ['A03', { admitted: '20261025', discharged: '202610251000' }],
      ],
      ['2026-10-24T23:00', '2026-10-25T10:00'],
    ],
  ])('%s', (_, messages, expected) => {
    expect(after(...messages)).toEqual(expected);
  });

  it.each<[string, Said]>([
    ['its time is stated', { admitted: '202611101100', discharged: '202611101000' }],
    ['its day is that after the discharge', { admitted: DAY, discharged: '202611092359' }],
    // Whether the time that is held was stated or only recorded is not known.
    ['it is not told again', { discharged: '202611101000' }],
  ])('but a discharge before it is refused if %s', (_, said) => {
    expect(after(guessed, ['A03', said])).toBe('MESH-2235 PV1-45');
  });
});

describe('a discharge held by no more than the day of the admission moves with that', () => {
  const admission = ['A01', { admitted: '202611100930' }] as ['A01', Said];
  const byDay = ['A03', { discharged: DAY, recorded: '20261111080000' }] as ['A03', Said];
  const corrected = (admitted: string, event = 'A08'): [string, Said] => [event, { admitted }];
  it.each<[string, [string, Said, string?][], string[]]>([
    [
      'to a later time of that day',
      [admission, byDay, corrected('202611101100')],
      ['2026-11-10T11:00', '2026-11-10T11:00'],
    ],
    [
      'every time',
      [admission, byDay, corrected('202611101100'), corrected('202611101230', 'A02')],
      ['2026-11-10T12:30', '2026-11-10T12:30', '2026-11-11T12:00'],
    ],
    [
      'where the admission was known by its day too',
      [
        ['A08', { admitted: DAY, discharged: DAY }],
        ['A01', { admitted: DAY, recorded: '202611101430' }],
      ],
      ['2026-11-10T14:30', '2026-11-10T14:30'],
    ],
    [
      'where the admission was not known',
      [byDay, corrected('202611100930')],
      ['2026-11-10T09:30', '2026-11-10T09:30'],
    ],
    [
      'but stays where it is no contradiction, for it may have been stated',
      [admission, byDay, corrected('202611100800')],
      ['2026-11-10T08:00', '2026-11-10T09:30'],
    ],
    [
      'but goes if it is withdrawn',
      [admission, byDay, ['A08', { admitted: '202611101100', discharged: '""' }]],
      ['2026-11-10T11:00'],
    ],
    [
      'but is what the message says if it says it',
      [admission, byDay, ['A08', { admitted: '202611101100', discharged: '202611101600' }]],
      ['2026-11-10T11:00', '2026-11-10T16:00'],
    ],
  ])('%s', (_, messages, expected) => {
    expect(after(...messages)).toEqual(expected);
  });

  it.each<[string, [string, Said, string?][], string]>([
    ['of another day', [admission, byDay, corrected('202611110900')], 'MESH-2235 PV1-44'],
    [
      'after a discharge of another time',
      [admission, ['A03', { discharged: '202611101000' }], corrected('202611101100')],
      'MESH-2235 PV1-44',
    ],
    [
      'of the message that says the same discharge by its time',
      [admission, byDay, ['A08', { admitted: '202611101100', discharged: '202611100930' }]],
      'MESH-2235 PV1-45',
    ],
  ])('an admission %s is refused all the same', (_, messages, expected) => {
    expect(after(...messages)).toBe(expected);
  });
});

describe('a day alone leaves the time of that day that is held', () => {
  it.each<[string, [string, Said, string?][], string[]]>([
    [
      'an admission whose time is of its event',
      [
        ['A01', { admitted: DAY, recorded: '202611101430' }],
        ['A08', { admitted: DAY, recorded: '202611101800' }],
        ['A02', { admitted: DAY, recorded: '202611111000' }],
      ],
      ['2026-11-10T14:30', '2026-11-11T10:00'],
    ],
    [
      'an admission whose time was stated',
      [
        ['A01', { admitted: '202611101430' }],
        ['A03', { admitted: DAY, discharged: '202611111000' }],
        ['A01', { admitted: DAY, recorded: '202611101800' }],
      ],
      ['2026-11-10T14:30', '2026-11-11T10:00'],
    ],
    [
      'a discharge that is sent again',
      [
        ['A03', { discharged: DAY, recorded: '202611101700' }],
        ['A03', { discharged: DAY, recorded: '202611101900' }],
      ],
      ['2026-11-10T17:00'],
    ],
    [
      'a transfer',
      [
        ['A02', { occurred: '202611101000' }],
        ['A02', { occurred: DAY, recorded: '202611110900' }],
      ],
      ['2026-11-10T10:00'],
    ],
    [
      'in summer, when the day of London begins on another of UTC',
      [
        ['A01', { admitted: '202607100030' }],
        ['A08', { admitted: '20260710' }],
      ],
      ['2026-07-09T23:30'],
    ],
  ])('%s', (_, messages, expected) => {
    expect(after(...messages)).toEqual(expected);
  });

  it.each<[string, [string, Said, string?][], string[]]>([
    [
      'a time that is stated',
      [
        ['A01', { admitted: ADMITTED }],
        ['A08', { admitted: '202611100000' }],
      ],
      ['2026-11-10T00:00'],
    ],
    [
      'another day',
      [
        ['A01', { admitted: ADMITTED }],
        ['A08', { admitted: '20261109' }],
      ],
      ['2026-11-09T00:00'],
    ],
    [
      'when the event occurred',
      [
        ['A03', { discharged: DAY, recorded: '202611101700' }],
        ['A03', { discharged: DAY, recorded: '202611101900', occurred: '202611101745' }],
      ],
      ['2026-11-10T17:45'],
    ],
    [
      'the event’s time, of what was known by its day alone',
      [
        ['A08', { admitted: DAY }],
        ['A01', { admitted: DAY, recorded: '202611101430' }],
      ],
      ['2026-11-10T14:30'],
    ],
    [
      'the time it was made, of an event recorded by its day alone',
      [['A03', { discharged: DAY, recorded: DAY }, '20261110171500']],
      ['2026-11-10T17:15'],
    ],
  ])('but not %s', (_, messages, expected) => {
    expect(after(...messages)).toEqual(expected);
  });

  it('and nothing of that is part of the record', () => {
    const told = stated('A08', { admitted: DAY, discharged: DAY }) as Times;
    expect(Object.keys(told)).not.toContain('days');
    expect(JSON.parse(JSON.stringify(told))).toMatchObject({ admissionAt: Date.UTC(2026, 10, 10) });
    expect(carry({}, told, { samePerson: true })).toEqual(JSON.parse(JSON.stringify(told)));
  });
});
