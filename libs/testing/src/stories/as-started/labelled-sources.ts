import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { names } from '@caremesh/contract';
import {
  lifeOf,
  lives,
  writeSources,
  type Label,
  type Life,
  type Setting,
  type SourceFile,
} from '@caremesh/synthetic';
import { Admin, Producer } from '@platformatic/kafka';
import { afterAll, describe, expect, it } from 'vitest';
import { heldBy, publishersOwn, type PublishersOwn } from '../../originals/edition.js';
import { grantWidestAndNarrowest, type GrantedView } from '../../originals/granted.js';
import { Originals } from '../../originals/originals.js';
import { scanAnswers, scanLogs } from '../../originals/places.js';
import { scan, type Scanned } from '../../originals/views.js';
import { asBroker, readAll } from '../reader.js';
import { sendSources, type Answer } from '../send-sources.js';
import { mesh } from './mesh.js';

type Counts = Pick<Answer, 'received' | 'quarantined' | 'notUsed'> & { good: number };

const REFUSED_BY_DISCLOSURE = 'quarantine list --service disclosure --as governance-lead';
const TOPICS = [
  { topic: 'community.care-contact.v1', setting: 'community', part: 'CYP201' },
  { topic: 'social-care.care-package.v1', setting: 'social-care', part: undefined },
];

const sample = mkdtempSync(join(tmpdir(), 'caremesh-labelled-'));
afterAll(() => rmSync(sample, { recursive: true, force: true }));

const SEED = 'labelled-sources';
const PEOPLE = 120;
const { files, labels } = writeSources({
  seed: SEED,
  people: PEOPLE,
  outDir: sample,
  faultShare: 0.1,
});
const expected = readFileSync(join(sample, labels), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Label);

/** Records about the people of a seed: every identifier of theirs begins alike, and no other seed's does. */
async function recordsOf(topic: string, seed: string): Promise<number> {
  const tag = lifeOf(seed, 0).person.id.slice(0, -1);
  const all = await readAll(asBroker(mesh.home), topic);
  return new Set(all.filter(({ value }) => value?.includes(tag)).map(({ key }) => key)).size;
}

const send = (setting: Setting, parts: SourceFile[], folder = sample) =>
  sendSources(mesh, setting, parts, folder);

const counted = ({ received, accepted, unchanged, retracted, ...others }: Answer): Counts => ({
  received,
  good: accepted + unchanged + retracted,
  quarantined: others.quarantined,
  notUsed: others.notUsed,
});

/** Tables come in their own order here, each by itself, so that each row's own outcome is told. */
const delivered = files.filter(({ file }) => !file.startsWith('faults/'));

describe('of the generator’s records', () => {
  it.each(delivered)(
    '$file: the good are taken in, the labelled refused under their code',
    async (file) => {
      const answer = await send(file.setting, [file]);
      const { good, faulty, notUsed } = file;
      if (file.setting === 'community' && file.part !== 'CYP201') {
        expect(answer.quarantined).toBe(faulty);
        expect(answer.received).toBe(good + faulty);
      } else {
        expect(counted(answer)).toEqual({
          received: good + faulty + notUsed,
          good,
          quarantined: faulty,
          notUsed,
        });
      }
      for (const { index, code, kind } of expected.filter((label) => label.file === file.file)) {
        const item = answer.items.find((one) => one.index === index)!;
        expect([kind, item.outcome]).toEqual([kind, 'quarantined']);
        expect([kind, item.errors.map((error) => error.code)]).toEqual([
          kind,
          expect.arrayContaining([code]),
        ]);
      }
    },
  );

  const whole = files.filter(({ file }) => file.startsWith('faults/'));
  it.each(whole)('$file: is answered as it is labelled', async (file) => {
    const label = expected.find((one) => one.file === file.file)!;
    const answer = await send(file.setting, [file]);
    if (label.outcome === 'refused') {
      expect(answer.code).toBe(label.code);
      return;
    }
    const item = answer.items.find(({ index }) => index === (label.index ?? 0))!;
    expect(item.outcome).toBe(label.outcome);
    expect(item.errors.map(({ code }) => code)).toEqual(label.code ? [label.code] : []);
  });

  it(
    'all good care contacts and packages stand in their topics',
    { timeout: 120_000 },
    async () => {
      for (const { topic, setting, part } of TOPICS) {
        const own = files.filter((file) => file.setting === setting && file.part === part);
        const repeated = expected.filter(
          (label) => label.setting === setting && label.outcome === 'unchanged',
        );
        const good = own.reduce((sum, file) => sum + file.good, 0) - repeated.length;
        await expect.poll(() => recordsOf(topic, SEED), { timeout: 60_000 }).toBe(good);
      }
    },
  );
});

describe('CSDS tables in any order', () => {
  it('are held until the last has come, and then all published', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(sample, 'reversed-'));
    const reversed = writeSources({ seed: 'reversed', people: 60, outDir: folder });
    const tables = reversed.files.filter(({ setting }) => setting === 'community').toReversed();
    const topic = 'community.care-contact.v1';
    const contacts = tables.find(({ part }) => part === 'CYP201')!;
    for (const table of tables.slice(0, 3)) {
      const answer = await send('community', [table], folder);
      expect(answer.quarantined).toBe(0);
      if (table.part === 'CYP201') expect(answer.held).toBe(contacts.good);
    }
    expect(await recordsOf(topic, 'reversed')).toBe(0);
    await send('community', [tables[3]!], folder);
    await expect.poll(() => recordsOf(topic, 'reversed'), { timeout: 60_000 }).toBe(contacts.good);
  });
});

describe('a CSDS activity under a code that there is not', () => {
  it('is refused, and costs neither its contact nor any other', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(sample, 'unknown-activity-'));
    const seed = 'unknown-activity';
    const tables = writeSources({ seed, people: 20, outDir: folder }).files.filter(
      ({ setting }) => setting === 'community',
    );
    const [patients, referrals, contacts, activities] = tables;
    const file = join(folder, activities!.file);
    const [header, first, ...rows] = readFileSync(file, 'utf8').split('\r\n');
    const type = header!.split(',').indexOf('COMMUNITY CARE ACTIVITY TYPE');
    const wrong = first!.split(',').with(type, '99').join(',');
    writeFileSync(file, [header, wrong, ...rows].join('\r\n'));
    const answers = [];
    // Activities first: their contacts are then mapped once, with them.
    for (const table of [patients!, referrals!, activities!, contacts!])
      answers.push(await send('community', [table], folder));
    expect(answers.map(({ quarantined }) => quarantined)).toEqual([0, 0, 1, 0]);
    expect(answers[2]!.items.find(({ outcome }) => outcome === 'quarantined')).toMatchObject({
      errors: [{ code: 'MESH-2241' }],
    });
    const topic = 'community.care-contact.v1';
    await expect.poll(() => recordsOf(topic, seed), { timeout: 60_000 }).toBe(contacts!.good);
  });
});

describe('of what the sources said of people', { timeout: 1_800_000 }, () => {
  const PRODUCTS = [
    'acute.inpatient-spell',
    'community.care-contact',
    'gp.medication-statement',
    'social-care.care-package',
  ];
  // `npm run scan` asks for 100,000: a person has five records and a half, in the four products together.
  const MORE = Math.ceil(Number(process.env['MESH_SCAN_RECORDS'] ?? 0) / 5);
  const MORE_SEED = 'scanned';
  const people = function* () {
    yield* lives({ seed: SEED, count: PEOPLE });
    yield* lives({ seed: MORE_SEED, count: MORE });
  };
  const originals = new Originals(people());
  const own = new Map<string, PublishersOwn>();
  let views: GrantedView[];
  const tell = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);

  it('every record stands in the edition that views are made of', async () => {
    views = await grantWidestAndNarrowest(mesh, PRODUCTS);
    if (MORE > 0) await takeInMore();
    for (const [product, expected] of Object.entries(recordsOfEverybody())) {
      const arrived = async () => {
        const topic = names.secondaryTopic(product, 1);
        return (await recordsOf(topic, SEED)) + (MORE > 0 ? await recordsOf(topic, MORE_SEED) : 0);
      };
      await expect.poll(arrived, { timeout: 600_000 }).toBeGreaterThanOrEqual(expected);
      own.set(product, await publishersOwn(mesh, product));
    }
  });

  function recordsOfEverybody(): Record<string, number> {
    const sum = (count: (life: Life) => number) => [...people()].map(count).reduce((a, b) => a + b);
    const contacts = ({ referrals }: Life) => referrals.flatMap((one) => one.contacts).length;
    return {
      // The first twenty of a sample come as a bundle, with the same records.
      'gp.medication-statement': sum(({ medications }) => medications.length),
      'acute.inpatient-spell': sum(({ stays }) => stays.length),
      'community.care-contact': sum(contacts),
      'social-care.care-package': sum(({ packages }) => packages.length),
    };
  }

  async function takeInMore(): Promise<void> {
    const folder = mkdtempSync(join(sample, 'more-'));
    const sources = { seed: MORE_SEED, people: MORE, outDir: folder, faultShare: 0.02 };
    const more = writeSources(sources).files.filter(({ file }) => !file.startsWith('faults/'));
    for (const file of more) tell({ sent: file.file, ...(await brief(file, folder)) });
  }

  async function brief(file: SourceFile, folder: string) {
    const { items: _, receipt: __, ...counts } = await send(file.setting, [file], folder);
    return counts;
  }

  /** It goes to the quarantine of disclosure, whose listing is among the answers that are read. */
  async function publishWhatNobodyApproved(): Promise<void> {
    const producer = new Producer({ clientId: 'story', ...asBroker(mesh.home) });
    const { person } = lifeOf(SEED, 0);
    const topic = names.secondaryTopic(PRODUCTS[3]!, 1);
    const value = Buffer.from(JSON.stringify(person));
    await producer.send({
      acks: -1,
      messages: [{ topic, key: Buffer.from(person.nhsNumber), value }],
    });
    await producer.close();
    const listed = async () =>
      (await mesh.json<{ items: unknown[] }>(...REFUSED_BY_DISCLOSURE.split(' '))).items.length;
    await expect.poll(listed, { timeout: 60_000 }).toBeGreaterThan(0);
  }

  it('there the search finds what each person is known by', () => {
    const found = PRODUCTS.map((product) => {
      const { held } = own.get(product)!;
      return scan(product, { ...held, paths: new Set() }, own.get(product)!, originals);
    });
    tell(found);
    expect(found[2]!.found['NHS number']).toBeGreaterThanOrEqual(PEOPLE + MORE);
    for (const { found: kinds } of found) {
      expect(kinds['NHS number']).toBeGreaterThan(0);
      expect(kinds.postcode).toBeGreaterThan(0);
      expect(kinds['local identifier']).toBeGreaterThan(0);
      expect(kinds['ungranted text']).toBeGreaterThan(0);
      expect(kinds['publisher’s key or id']).toBeGreaterThan(0);
    }
  });

  it('no byte of any view tells it, nor a text of a field that was not granted', async () => {
    const scanned: Scanned[] = [];
    for (const { product, topic } of views) {
      const { alive } = await heldBy(mesh, names.secondaryTopic(product, 1));
      let held = await heldBy(mesh, topic);
      const filled = async () => (held = await heldBy(mesh, topic)).alive;
      await expect.poll(filled, { timeout: 600_000, interval: 1_000 }).toBe(alive);
      scanned.push(scan(topic, held, own.get(product)!, originals));
      tell(scanned.at(-1));
    }
    expect(scanned.filter(({ found }) => Object.keys(found).length > 0)).toEqual([]);
    // Each product is in two views, and its records in each.
    const records = scanned.reduce((sum, one) => sum + one.records, 0) / 2;
    expect(records).toBeGreaterThan(Number(process.env['MESH_SCAN_RECORDS'] ?? 1_000));
  });

  it('no other topic of a recipient tells it', async () => {
    const admin = new Admin({ clientId: 'story', ...asBroker(mesh.home) });
    const topics = (await admin.listTopics()).filter((topic) => /^share\..*withdr/.test(topic));
    await admin.close();
    expect(topics.length).toBeGreaterThan(0);
    for (const topic of topics) {
      for (const { key, value, headers } of await readAll(asBroker(mesh.home), topic)) {
        const text = Buffer.concat([Buffer.from(`${key} ${JSON.stringify(headers)}`), value!]);
        expect([topic, originals.inRecord(text)]).toEqual([topic, {}]);
      }
    }
  });

  it('no answer of any part tells it: numbers, standings, quarantine, errors', async () => {
    await publishWhatNobodyApproved();
    const ids = [...views.slice(0, 2).map(({ grant }) => grant), PRODUCTS[0]!];
    const read = await scanAnswers(mesh, originals, ids);
    tell(read);
    expect(read.filter(({ found }) => Object.keys(found).length > 0)).toEqual([]);
  });

  it('no log tells it', () => {
    const read = scanLogs(mesh, originals);
    tell(read);
    expect(read.length).toBeGreaterThan(8);
    expect(read.filter(({ found }) => Object.keys(found).length > 0)).toEqual([]);
  });
});
