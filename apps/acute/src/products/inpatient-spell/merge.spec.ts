import { readFileSync } from 'node:fs';
import { Faulty, type NamedPerson } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { readMessage, type AdtMessage } from '../../sources/adt-message.js';
import { sendersOf } from '../../sources/senders.js';
import { toInpatientSpell } from './map.js';

const senders = sendersOf('test', {});

/** A message of the given lines, read as the intake reads it. */
function adt(text: string): AdtMessage {
  const { item } = readMessage(Buffer.from(text), 0, senders, 'test');
  if (!item || item.outcome !== undefined) throw new Error('not read');
  return item.record;
}

const text = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}/source.hl7`, import.meta.url), 'utf8');
const codes = (result: unknown): string[] =>
  result instanceof Faulty ? result.faults.map(({ code, path }) => `${code} ${path}`) : ['mapped'];

describe('a merge into the same is refused', () => {
  it('a merge of somebody into themselves', () => {
    const self = text('merge').replace('22789^^^LOCALID', '9434765919^^^NHS');
    expect(codes(toInpatientSpell(adt(self)))).toEqual(['MESH-2601 MRG-1']);
  });

  it.each([
    ['22789^^^LOCALID', '22789^^^LOCALID'],
    ['9434765919^^^NHS~22789^^^LOCALID', '9434765919^^^NHS~22789^^^LOCALID'],
    ['9434765919^^^NHS~22789^^^LOCALID', '9434765919^^^NHS'],
  ])('a merge of somebody into themselves, of %s by %s', (pid, mrg) => {
    const self = text('merge')
      .replace('9434765919^^^NHS', pid)
      .replace('|22789^^^LOCALID|', `|${mrg}|`);
    expect(codes(toInpatientSpell(adt(self)))).toEqual(['MESH-2601 MRG-1']);
  });
});

describe('whom a merge names', () => {
  const text40 = text('merge');
  const A = '9434765919^^^NHS';
  const B = '9000000009^^^NHS';
  const local = (...ids: string[]) => ids.map((id) => ({ issuer: 'RCB', id }));
  it.each([
    [
      'each repetition of MRG-1',
      'S7^^^RCB',
      'S8^^^RCB~S9^^^RCB',
      [null, ...local('S8', 'S9')],
      [null, ...local('S7')],
    ],
    ['each repetition of PID-3', `${A}~X3^^^RCB~X4^^^RCB`, B, [B], [A, ...local('X3', 'X4')]],
    [
      'numbers and local identifiers',
      `${A}~X3^^^RCB`,
      `${B}~Y2^^^RCB~Y2^^^RCB`,
      [B, ...local('Y2')],
      [A, ...local('X3')],
    ],
    [
      'no visit',
      'S7^^^RCB',
      'S8^^^RCB~V1^^^RCB^VN~',
      [null, ...local('S8')],
      [null, ...local('S7')],
    ],
    [
      'of one NHS number what differs',
      `${A}~S7^^^RCB`,
      `${A}~S7^^^RCB~S8^^^RCB~S9^^^RCB`,
      [null, ...local('S8', 'S9')],
      [A, ...local('S7')],
    ],
    // Which of the survivor's identifiers ends does not depend on how they sort; the one that stays is the survivor's.
    [
      'the survivor’s first identifier as the one that ends',
      `${A}~S8^^^RCB^MR~S7^^^RCB^MR`,
      'S7^^^RCB^MR',
      [null, ...local('S7')],
      [A, ...local('S8', 'S7')],
    ],
    [
      'the survivor’s last identifier as the one that ends',
      `${A}~S7^^^RCB^MR~S8^^^RCB^MR`,
      'S8^^^RCB^MR',
      [null, ...local('S8')],
      [A, ...local('S7', 'S8')],
    ],
    [
      'an identifier that was known without the number',
      `${A}~S7^^^RCB^MR`,
      'S7^^^RCB^MR',
      [null, ...local('S7')],
      [A, ...local('S7')],
    ],
    [
      'one of two where there is no number',
      'S7^^^RCB~S8^^^RCB',
      'S7^^^RCB',
      [null, ...local('S7')],
      [null, ...local('S8', 'S7')],
    ],
    [
      'the other of two where there is no number',
      'S7^^^RCB~S8^^^RCB',
      'S8^^^RCB',
      [null, ...local('S8')],
      [null, ...local('S7', 'S8')],
    ],
    [
      'one registration of a number',
      `${A}~S7^^^RCB~S8^^^RCB`,
      `${A}~S7^^^RCB`,
      [null, ...local('S7')],
      [A, ...local('S8', 'S7')],
    ],
    [
      'the other registration of a number',
      `${A}~S7^^^RCB~S8^^^RCB`,
      `${A}~S8^^^RCB`,
      [null, ...local('S8')],
      [A, ...local('S7', 'S8')],
    ],
    [
      'those that stay by rank',
      `${A}~S7^^^RCB^MR~S8^^^RCB^PI~S9^^^RCB^MR`,
      'S7^^^RCB',
      [null, ...local('S7')],
      [A, ...local('S9', 'S7', 'S8')],
    ],
  ])('%s', (_, pid, mrg, from, into) => {
    const message = text40
      .split('\n')
      .slice(0, 5)
      .join('\n')
      .replace('9434765919^^^NHS', pid)
      .replace('22789^^^LOCALID', mrg);
    const changes = toInpatientSpell(adt(`${message}\n`)) as Record<'from' | 'into', NamedPerson>[];
    const named = ({ nhsNumber, local: first, others = [] }: NamedPerson) => [
      nhsNumber && `${nhsNumber}^^^NHS`,
      ...(first ? [first, ...others] : others),
    ];
    expect(changes.map((one) => [named(one.from), named(one.into)])).toEqual([[from, into]]);
  });
});

describe('how many a merge names', () => {
  const merging = (times: number) =>
    text('merge')
      .split('\n')
      .slice(0, 3)
      .concat(
        'PID|1||9434765919^^^NHS',
        ...Array.from({ length: times }, (_, n) => `MRG|S${n}^^^RCB`),
      )
      .join('\n');

  it('is at most 200', () => {
    expect(toInpatientSpell(adt(`${merging(200)}\n`))).toHaveLength(200);
    expect(codes(toInpatientSpell(adt(`${merging(201)}\n`)))).toEqual(['MESH-2115 MRG[201]']);
  });
});
