import { mkdtempSync, openAsBlob, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  lifeOf,
  writeSources,
  type Label,
  type Setting,
  type SourceFile,
} from '@caremesh/synthetic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personToken } from '../sign-in.js';
import { startMesh, type Mesh } from '../start-mesh.js';
import { asBroker, readAll } from './reader.js';

type Answer = {
  receipt: string;
  state?: string;
  code?: string;
  received: number;
  accepted: number;
  unchanged: number;
  retracted: number;
  quarantined: number;
  held: number;
  notUsed: number;
  items: { index: number; outcome: string; errors: { code: string }[] }[];
};
type Counts = Pick<Answer, 'received' | 'quarantined' | 'notUsed'> & { good: number };

const TOPICS = [
  { topic: 'community.care-contact.v1', setting: 'community', part: 'CYP201' },
  { topic: 'social-care.care-package.v1', setting: 'social-care', part: undefined },
];

let mesh: Mesh;
const sample = mkdtempSync(join(tmpdir(), 'caremesh-labelled-'));
beforeAll(async () => {
  mesh = await startMesh();
  await mesh.cli('up', '--demo', '--detach');
});
afterAll(async () => {
  await mesh?.stop();
  rmSync(sample, { recursive: true, force: true });
});

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

const domainOf = (setting: Setting) => mesh.status().domains.find(({ name }) => name === setting)!;

async function send(setting: Setting, parts: SourceFile[], folder = sample): Promise<Answer> {
  const { url, intake } = domainOf(setting);
  const address = intake.find(({ method }) => method === 'http')?.address;
  const where = { home: mesh.home, tokenUrl: mesh.status().identity.tokenUrl };
  const authorization = `Bearer ${await personToken(where, `${setting}-publisher`)}`;
  const target = address ?? `${url}/v1/intake/${intake[0]!.source}`;
  const sent = await bodyOf(parts, folder);
  const answer = await fetch(target, {
    method: 'POST',
    body: sent.body,
    headers: { authorization, ...sent.headers },
  });
  const first = (await answer.json()) as Answer;
  return answer.status === 202
    ? settled(`${url}/v1/receipts/${first.receipt}`, authorization)
    : first;
}

async function bodyOf(parts: SourceFile[], folder: string) {
  const [only] = parts;
  if (only && only.part === undefined) {
    const headers = { 'content-type': only.contentType };
    return { body: readFileSync(join(folder, only.file)), headers };
  }
  const body = new FormData();
  for (const { part, file, contentType } of parts) {
    const blob = await openAsBlob(join(folder, file), { type: contentType });
    body.append(part!, blob, basename(file));
  }
  return { body, headers: {} };
}

async function settled(address: string, authorization: string): Promise<Answer> {
  for (;;) {
    const answer = (await (await fetch(address, { headers: { authorization } })).json()) as Answer;
    if (answer.state === 'done' || answer.state === 'failed') return answer;
    await sleep(100);
  }
}

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
