import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dayFromNow } from '../../days.js';
import { heldBy, type Held } from '../../originals/edition.js';
import { mesh } from './mesh.js';

/** Individual care for the people of one hospital: a view that has identifiers, and nobody else. */
const PRODUCT = 'acute.inpatient-spell';
type Grant = { id: string; state: string; topics: { topic: string }[] };
type Living = Held['living'];

const living = async (topic: string): Promise<Living> => (await heldBy(mesh, topic)).living;
const personOf = (key: string): string => key.split('.')[0]!;

/** The trust that most records name. */
function oneTrust(all: Living): string {
  const people = Map.groupBy(all, ([, value]) => String(value['providerOds']));
  const [ods] = [...people].sort(([, a], [, b]) => b.length - a.length)[0]!;
  return ods;
}

async function asked(ods: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-narrowed-'));
  try {
    const terms = join(folder, 'terms.json');
    writeFileSync(terms, JSON.stringify({ narrowedTo: { organisations: [ods] } }));
    const request = `grant request --product ${PRODUCT} --purpose individual-care --organisation QUY`;
    const { id } = await mesh.json<Grant>(
      ...`${request} --until ${dayFromNow(200)} --terms ${terms}`.split(' '),
      ...['--legal-basis', '6(1)(e)/9(2)(h)/direct-care', '--reason', 'Discharge planning'],
      ...['--as', 'analyst'],
    );
    return id;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('individual care is narrowed to the people who were referred to a hospital: their whole record, and nobody else’s', async () => {
  const all = await living(`${PRODUCT}.v1`);
  const ods = oneTrust(all);
  const there = new Set(
    [...all].filter(([, value]) => value['providerOds'] === ods).map(([key]) => personOf(key)),
  );
  const expected = [...all.keys()].filter((key) => there.has(personOf(key))).sort();
  expect(there.size).toBeGreaterThan(1);
  expect(expected.length).toBeLessThan(all.size);

  const id = await asked(ods);
  for (const user of ['acute-owner', 'caldicott-guardian'])
    expect(
      (await mesh.cli('grant', 'approve', id, '--reason', 'For care', '--as', user)).exit,
    ).toBe(0);
  const shown = () => mesh.json<Grant>('grant', 'show', id, '--as', 'analyst');
  await expect.poll(async () => (await shown()).state, { timeout: 60_000 }).toBe('active');
  const { topics } = await shown();
  const view = async () => [...(await living(topics[0]!.topic)).keys()].sort();
  await expect.poll(view, { timeout: 60_000 }).toEqual(expected);
  const [one] = expected;
  expect((await living(topics[0]!.topic)).get(one!)).toEqual(all.get(one!));
  expect(
    (await mesh.cli('grant', 'revoke', id, '--reason', 'Seen', '--as', 'acute-owner')).exit,
  ).toBe(0);
});
