import { keys } from '@caremesh/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ARRIVAL, committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber, ODS } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';

const KEY = Buffer.alloc(32, 8);
let domain: CommittingDomain;
let database: CommittingDomain['database'];
let preparer: CommittingDomain['preparer'];
let committer: CommittingDomain['committer'];

beforeAll(async () => {
  domain = await committingDomain(KEY);
  ({ database, preparer, committer } = domain);
});
afterAll(() => domain.close());

let index = 0;
let twice = 0;
let kept = 0;
const prepared = (line: Line) =>
  preparer.prepare(
    { index: index++, sourceId: null, raw: JSON.stringify(line), record: line, at: null },
    ARRIVAL,
  );

type Who = { nhsNumber: string } | { issuer: string; localId: string };

/** Commits each list together; under whom each record of a feed is held then, by person. */
async function held(people: Record<string, Who>, ...batches: Line[][]) {
  for (const lines of batches) {
    for (const { outcome } of await committer.commit({ items: lines.map(prepared) }))
      expect(outcome).toBe('accepted');
  }
  const names = new Map(
    Object.entries(people).map(([name, who]) => [keys.personKey(KEY, who), name]),
  );
  const { rows } = await database.pool.query<{ person: string }>(
    `SELECT person FROM record WHERE person = ANY($1::text[]) AND revision > 0`,
    [[...names.keys()]],
  );
  return rows.map(({ person }) => names.get(person)!).sort((a, b) => a.localeCompare(b));
}
const by = (localId: string): Who => ({ issuer: ODS, localId });
const numbered = (n: number): Who => ({ nhsNumber: nhsNumber(n) });
const put = (id: string, local: string | null, nhs: number | null = null): Line => ({
  ...{ do: 'put', id, local, nhs: nhs === null ? null : nhsNumber(nhs) },
});

it('a merge moves what is held of the one who ends under the local identifier alone', async () => {
  const merge: Line = { do: 'merge', nhs: nhsNumber(84), local: 'Y4', into: nhsNumber(85) };
  const people = { Y4: by('Y4'), N4: numbered(84), N5: numbered(85) };
  expect(await held(people, [put('m1', 'Y4')], [merge], [put('m2', 'Y4')])).toEqual([
    ...['N5', 'N5'],
  ]);
});

it('a merge moves what is held of the survivor under the local identifier alone', async () => {
  const merge: Line = { do: 'merge', local: 'Z6', into: nhsNumber(87), intoLocal: 'Y6' };
  const people = { Y6: by('Y6'), Z6: by('Z6'), N7: numbered(87) };
  const lines = [put('m3', 'Y6'), put('m4', 'Z6')];
  expect(await held(people, lines, [merge], [put('m5', 'Y6')])).toEqual(['N7', 'N7', 'N7']);
});

it('a merge is remembered for each of them where nobody is held', async () => {
  const two = { nhs: nhsNumber(88), local: 'Y2', into: nhsNumber(89), intoLocal: 'X3' };
  const people = { Y2: by('Y2'), X3: by('X3'), N2: numbered(88), N3: numbered(89) };
  const after = [put('m6', 'Y2'), put('m7', 'X3'), put('m8', null, 88)];
  expect(await held(people, [{ do: 'merge', ...two }], after)).toEqual(['N3', 'N3', 'N3']);
});

it('a merge moves what is held under each further identifier', async () => {
  const merge: Line = { do: 'merge', local: 'S8', others: ['S9'], intoLocal: 'S7' };
  const people = { S7: by('S7'), S8: by('S8'), S9: by('S9') };
  const lines = [put('m9', 'S8'), put('m10', 'S9')];
  expect(await held(people, lines, [merge])).toEqual(['S7', 'S7']);
});

it('a merge takes over an identifier of somebody with another number, but none of their records', async () => {
  const merge: Line = { do: 'merge', nhs: nhsNumber(91), local: 'T1', into: nhsNumber(92) };
  const people = { N0: numbered(90), N1: numbered(91), N2: numbered(92) };
  const lines = [put('m11', 'T1', 90), put('m12', null, 91)];
  expect(await held(people, lines, [merge], [put('m13', 'T1')])).toEqual(['N0', 'N2', 'N2']);
});

it('a merge finds all of a person whose identifier was told in the same batch', async () => {
  const lines = [put('m15', 'T2', 93), { do: 'merge' as const, local: 'T2', into: nhsNumber(94) }];
  const people = { N3: numbered(93), N4: numbered(94) };
  expect(await held(people, [put('m14', null, 93)], lines)).toEqual(['N4', 'N4']);
});

const mergeInto = (into: string, line: Omit<Line, 'do'>): Line => ({
  do: 'merge',
  ...line,
  intoLocal: into,
});

it.each([
  ['by the local identifier that it came with', { local: 'V1z' }],
  ['by the number', { nhs: nhsNumber(72) }],
  ['by both', { nhs: nhsNumber(73), local: 'V3z' }],
  ['by an identifier of theirs that it names beside', { local: 'V4y', others: ['V4z'] }],
])(
  'a merge into somebody without a number keeps the number of whoever ends, named %s',
  async (_, line) => {
    const n = 70 + ++kept;
    const [into, from] = [`V${kept}`, `V${kept}z`];
    const people = { [into]: by(into), [from]: by(from), N: numbered(n) };
    const before = [put(`v${n}`, from, n), put(`w${n}`, into)];
    expect(await held(people, before, [mergeInto(into, line)])).toEqual(['N', 'N']);
    const after = [put(`x${n}`, null, n), put(`y${n}`, into), put(`z${n}`, from)];
    expect(await held(people, after)).toEqual(Array(5).fill('N'));
  },
);

it('told again it says nothing new, also where the number ended', async () => {
  const line = mergeInto('W1', { nhs: nhsNumber(76) });
  const people = { W1: by('W1'), N: numbered(76) };
  expect(await held(people, [put('w1', 'W1'), put('w2', null, 76)], [line])).toEqual(['N', 'N']);
  const [again] = await committer.commit({ items: [prepared(line)] });
  expect(again).toMatchObject({ outcome: 'unchanged', errors: [] });
});

it('of an organisation that knows nothing of the merge what it says of the number stays under the number', async () => {
  const people = { W2: by('W2'), W3: by('W3'), N: numbered(77) };
  const steps = [[put('w3', 'W3', 77)], [mergeInto('W2', { local: 'W3' })], [put('w4', null, 77)]];
  expect(await held(people, ...steps)).toEqual(['N', 'N']);
  const { rows } = await database.pool.query<{ survivor: object }>(
    `SELECT survivor FROM person WHERE person = $1`,
    [keys.personKey(KEY, by('W2'))],
  );
  expect(rows[0]!.survivor).toEqual({
    ...{ nhsNumber: nhsNumber(77), nhsNumberStatus: '01' },
    local: { issuer: ODS, id: 'W2' },
  });
});

/** A record of somebody who is named by several local identifiers, the first of which counts as theirs. */
const named = (id: string, locals: readonly string[], nhs: number | null = null): Line => {
  const [local = null, ...others] = locals;
  return { ...put(id, local, nhs), others };
};

it('who is known by each of several local identifiers becomes whoever has the number', async () => {
  const people = { A1: by('A1'), A2: by('A2'), N1: numbered(1) };
  const before = [named('i1', ['A1']), named('i2', ['A2'])];
  expect(await held(people, before, [named('i3', ['A1', 'A2'], 1)])).toEqual(['N1', 'N1', 'N1']);
});

it('a record under any of the identifiers that came with a number is that person’s, in whichever order', async () => {
  const people = { B1: by('B1'), B2: by('B2'), B3: by('B3'), N2: numbered(2) };
  const first = [named('i4', ['B1', 'B2', 'B3'], 2)];
  const later = [named('i5', ['B2']), named('i6', ['B3', 'B1'])];
  expect(await held(people, first, later)).toEqual(['N2', 'N2', 'N2']);
});

it('it is the same within one batch', async () => {
  const people = { C1: by('C1'), C2: by('C2'), N3: numbered(3) };
  const lines = [named('i7', ['C2']), named('i8', ['C1', 'C2'], 3), named('i9', ['C2'])];
  expect(await held(people, lines)).toEqual(['N3', 'N3', 'N3']);
});

it('without a number all of them are one person', async () => {
  const people = { D1: by('D1'), D2: by('D2') };
  expect(await held(people, [named('j1', ['D2'])], [named('j2', ['D1', 'D2'])])).toEqual([
    'D1',
    'D1',
  ]);
});

it('and then the one whose number becomes known', async () => {
  const people = { E1: by('E1'), E2: by('E2'), N4: numbered(4) };
  const steps = [[named('j3', ['E1', 'E2'])], [named('j4', ['E2'], 4)], [named('j5', ['E1'])]];
  expect(await held(people, ...steps)).toEqual(['N4', 'N4', 'N4']);
});

it('an identifier known of a number brings with it whoever is named beside it without one', async () => {
  const people = { F1: by('F1'), F2: by('F2'), N5: numbered(5) };
  const steps = [[named('j6', ['F2'], 5), named('j7', ['F1'])], [named('j8', ['F1', 'F2'])]];
  expect(await held(people, ...steps)).toEqual(['N5', 'N5', 'N5']);
});

it('identifiers of two numbers move nobody', async () => {
  const people = { G1: by('G1'), G2: by('G2'), N6: numbered(6), N7: numbered(7) };
  const steps = [[named('k1', ['G1'], 6), named('k2', ['G2'], 7)], [named('k3', ['G1', 'G2'])]];
  expect(await held(people, ...steps)).toEqual(['N6', 'N6', 'N7']);
});

it('an identifier that comes with another number goes on to it, and none of the former’s records', async () => {
  const people = { H1: by('H1'), H2: by('H2'), N8: numbered(8), N9: numbered(9) };
  const steps = [
    [named('k4', ['H1', 'H2'], 8)],
    [named('k5', ['H1', 'H2'], 9)],
    [named('k6', ['H2'])],
  ];
  expect(await held(people, ...steps)).toEqual(['N8', 'N9', 'N9']);
});

it.each([
  [
    'that a later one finds',
    (n: number, a: string, z: string) => [named(`q${n}`, [z], n), named(`r${n}`, [a, z])],
  ],
  [
    'that an earlier one tied',
    (n: number, a: string, z: string) => [named(`q${n}`, [a, z]), named(`r${n}`, [z], n)],
  ],
  [
    'through two that were tied',
    (n: number, a: string, z: string) => [
      named(`q${n}`, [a, z]),
      named(`r${n}`, [`${a}x`, z]),
      named(`s${n}`, [`${a}x`], n),
    ],
  ],
])(
  'all that was held before moves to the number, though it is known by an identifier of the same batch %s',
  async (_, lines) => {
    const n = 20 + ++twice;
    const [a, z] = [`K${n}`, `Z${n}`];
    const people = { [a]: by(a), [z]: by(z), [`${a}x`]: by(`${a}x`), N: numbered(n) };
    const before = [named(`o${n}`, [a]), named(`p${n}`, [a])];
    const after = lines(n, a, z);
    expect(await held(people, before, after)).toEqual(
      Array(before.length + after.length).fill('N'),
    );
  },
);

it('a retraction that names the number beside the local identifier takes back what is held under that', async () => {
  const kept = { keeper: null, local: 'M1', others: ['M2'] };
  const people = { M1: by('M1'), N: numbered(40) };
  expect(
    await held(
      people,
      [named('t1', ['M1'])].map((one) => ({ ...one, keeper: null })),
    ),
  ).toEqual(['M1']);
  const line: Line = { do: 'retract', id: 't1', nhs: nhsNumber(40), ...kept };
  const [outcome] = await committer.commit({ items: [prepared(line)] });
  expect(outcome).toMatchObject({ outcome: 'retracted' });
});

it('a retraction that names somebody who is known only as whom others became takes back nobody else’s record', async () => {
  const people = { M3: by('M3'), M4: by('M4') };
  const merge: Line = { do: 'merge', local: 'M5', into: nhsNumber(41) };
  expect(await held(people, [put('t2', 'M3'), put('t3', 'M4'), merge])).toEqual(['M3', 'M4']);
  const retractedBy = async (id: string, n: number) => {
    const line: Line = { do: 'retract', id, nhs: nhsNumber(n) };
    return (await committer.commit({ items: [prepared(line)] }))[0];
  };
  expect(await retractedBy('t2', 41)).toMatchObject({ outcome: 'quarantined' });
  // Of a number that was never heard of it is not known that it is not theirs.
  expect(await retractedBy('t3', 42)).toMatchObject({ outcome: 'retracted' });
});

it('a merge moves all that is held of the number that its person turns out to have in the same batch', async () => {
  const people = { S5: by('S5'), S6: by('S6'), N4: numbered(44), N5: numbered(45) };
  const merge: Line = { do: 'merge', local: 'S5', into: nhsNumber(45) };
  const batch = [named('u2', ['S5', 'S6']), merge];
  expect(await held(people, [put('u1', 'S6', 44)], batch)).toEqual(['N5', 'N5']);
});

it('an identifier that comes back within a batch is told as it came', async () => {
  const n = [nhsNumber(46), nhsNumber(47)] as const;
  await held({}, [named('w5', ['U3', 'U1', 'U2'], 46)]);
  const back: Line = { do: 'put', id: 'w7', nhs: n[0], local: 'U2' };
  await held({}, [{ do: 'put', id: 'w6', nhs: n[1], local: 'U2' }, back]);
  const { rows } = await database.pool.query<{ survivor: object }>(
    `SELECT survivor FROM person WHERE person = $1`,
    [keys.personKey(KEY, by('U2'))],
  );
  expect(rows).toMatchObject([{ survivor: { nhsNumber: n[0], local: { id: 'U2' } } }]);
});
