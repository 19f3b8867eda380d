import { openAsBlob, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSources, type SourceFile } from '@caremesh/synthetic';
import { headers } from '@caremesh/contract';
import type { BenchMesh } from '../mesh/bench-mesh.js';
import { kafkaOf, type Ends, type Topics } from '../mesh/topics.js';
import { interleave, ratio } from '../measure/rounds.js';
import { line, type Result } from '../measure/report.js';
import {
  domainOf,
  itemsOf,
  joinedRecordsOf,
  recordsOf,
  rowsByKey,
} from '../peers/domain-records.js';
import { DualWrite, entityOf, type PeerRecord } from '../peers/dual-write.js';
import { KafkajsPublisher } from '../peers/kafkajs-publisher.js';
import { schemaOf, type Rig } from '../mesh/rig.js';

type Files = { folder: string; files: SourceFile[] };

type Setting = {
  domain: string;
  product: string;
  people: number;
  /** The file that is timed, and what must be there before it. */
  timed: (file: SourceFile) => boolean;
  before: (file: SourceFile) => boolean;
  target: { perSecond: number; ratio: number };
};

const SETTINGS: Setting[] = [
  {
    domain: 'community',
    product: 'community.care-contact',
    people: 20_000,
    timed: ({ part }) => part === 'CYP201',
    before: ({ part }) => part === 'CYP001' || part === 'CYP101',
    target: { perSecond: 12_000, ratio: 4 },
  },
  {
    domain: 'acute',
    product: 'acute.inpatient-spell',
    people: 30_000,
    timed: () => true,
    before: () => false,
    target: { perSecond: 8_000, ratio: 3 },
  },
];

/** A source file by HTTP until every record of both editions is in Kafka, beside a batched dual write of the same file. */
export async function fileToTopic(rig: Rig): Promise<Result[]> {
  const results: Result[] = [];
  for (const setting of SETTINGS) results.push(...(await measure(rig, setting)));
  return results;
}

/** Takes in a domain's source file, so that its topic holds tens of thousands of records; resolves when they are in Kafka. */
export async function fillTopic(rig: Rig, domain: string): Promise<void> {
  const setting = SETTINGS.find((one) => one.domain === domain);
  if (!setting) throw new Error(`No source file is written for ${domain}`);
  await withFiles(setting, 'fill', (files) => ourRun(rig, setting, files, []));
}

async function measure(rig: Rig, setting: Setting): Promise<Result[]> {
  const peer = await Peer.open(rig, setting);
  const notes: string[] = [];
  const [ours, theirs] = await interleave(
    [
      {
        name: 'caremesh',
        run: async (round) =>
          withFiles(setting, `ours-${round}`, (files) => ourRun(rig, setting, files, notes)),
      },
      {
        name: 'dual write',
        run: async (round) => withFiles(setting, `peer-${round}`, (files) => peer.run(files)),
      },
    ],
    rig.rounds,
  );
  await peer.close();
  return [
    line(
      `${setting.product}: file to both editions, durable`,
      `${Math.round(ours!.median)} records/s`,
      `${setting.target.perSecond}/s`,
      ours!.median >= setting.target.perSecond,
    ),
    line(
      `… against TypeORM save(500) + kafkajs sendBatch (${Math.round(theirs!.median)}/s)`,
      `${ratio(ours!, theirs!).toFixed(2)} x`,
      `${setting.target.ratio} x`,
      ratio(ours!, theirs!) >= setting.target.ratio,
    ),
    ...notes.map((note) => line(note, '', '', null)),
  ];
}

async function withFiles(
  setting: Setting,
  seed: string,
  run: (files: Files) => Promise<number>,
): Promise<number> {
  const folder = join(tmpdir(), `caremesh-bench-${process.pid}-${setting.domain}-${seed}`);
  try {
    const { files } = writeSources({
      seed: `${seed}-${process.pid}`,
      people: setting.people,
      outDir: folder,
    });
    return await run({ folder, files: files.filter((file) => file.setting === setting.domain) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ourRun(
  { mesh, topics }: Rig,
  setting: Setting,
  { folder, files }: Files,
  notes: string[],
): Promise<number> {
  const editions = [`${setting.product}.v1`, `${setting.product}.secondary.v1`];
  for (const file of files.filter(setting.before)) await send(mesh, setting.domain, folder, file);
  const file = files.find(setting.timed)!;
  const from = await Promise.all(editions.map((topic) => topics.ends(topic)));
  const began = performance.now();
  const accepted = await send(mesh, setting.domain, folder, file);
  const seen = await Promise.all(
    editions.map((topic, at) => topics.grown(topic, from[at]!, accepted, 120_000)),
  );
  const seconds = (Math.max(...seen) - began) / 1000;
  await assertReadBack(topics, editions, from, accepted, notes);
  return accepted / seconds;
}

async function assertReadBack(
  topics: Topics,
  editions: string[],
  from: Ends[],
  accepted: number,
  notes: string[],
): Promise<void> {
  for (const [at, topic] of editions.entries()) {
    const { records, distinct } = await topics.readBack(topic, from[at]!);
    if (distinct < accepted)
      throw new Error(`${topic}: ${accepted} accepted, ${distinct} different records read back`);
    if (records > distinct) notes.push(`${topic}: ${records - distinct} repeated records`);
  }
}

type Receipt = { receipt: string; state?: string; accepted?: number; retracted?: number };

/** Sends a file as its publisher does; resolves with the number of records accepted, when the receipt says done. */
async function send(
  mesh: BenchMesh,
  domain: string,
  folder: string,
  file: SourceFile,
): Promise<number> {
  const authorization = `Bearer ${await mesh.token(`${domain}-publisher`)}`;
  const reply = await fetch(mesh.intake(domain), {
    method: 'POST',
    ...(await bodyOf(join(folder, file.file), file, authorization)),
  });
  if (!reply.ok)
    throw new Error(
      `Intake of ${domain} answered ${reply.status}: ${(await reply.text()).slice(0, 300)}`,
    );
  let receipt = (await reply.json()) as Receipt;
  const url = mesh.status.domains.find(({ name }) => name === domain)!.url;
  while (reply.status === 202 && (receipt.state ?? 'waiting') === 'waiting') {
    await new Promise((resolve) => setTimeout(resolve, 20));
    receipt = (await (
      await fetch(`${url}/v1/receipts/${receipt.receipt}`, { headers: { authorization } })
    ).json()) as Receipt;
  }
  return (receipt.accepted ?? 0) + (receipt.retracted ?? 0);
}

async function bodyOf(path: string, file: SourceFile, authorization: string): Promise<RequestInit> {
  if (file.part === undefined)
    return {
      body: readFileSync(path),
      headers: { authorization, 'content-type': file.contentType },
    };
  const form = new FormData();
  form.set(file.part, await openAsBlob(path, { type: file.contentType }), `${file.part}.csv`);
  return { body: form, headers: { authorization } };
}

/** The dual write, with a topic and a table of its own. */
class Peer {
  private constructor(
    private readonly rig: Rig,
    private readonly setting: Setting,
    private readonly write: DualWrite,
    private readonly publisher: KafkajsPublisher,
    private readonly schemaId: number,
  ) {}

  get topic(): string {
    return `bench.${this.setting.domain}.dual-write`;
  }

  static async open(rig: Rig, setting: Setting): Promise<Peer> {
    const { id, fields } = await schemaOf(rig.mesh, `${setting.product}.v1-value`);
    const publisher = new KafkajsPublisher(kafkaOf(rig.mesh), rig.mesh.status.registry.url);
    await publisher.connect();
    const name = setting.domain.replaceAll('-', '_');
    const write = await DualWrite.open(rig.mesh.databaseUrl, entityOf(name, fields), publisher);
    const peer = new Peer(rig, setting, write, publisher, id);
    await rig.topics.make(peer.topic);
    return peer;
  }

  async run(files: Files): Promise<number> {
    const domain = await domainOf(this.setting.domain);
    const from = await this.rig.topics.ends(this.topic);
    const records = await this.#records(domain, files);
    const began = performance.now();
    const count = await this.write.run(records, {
      topic: this.topic,
      schemaId: this.schemaId,
      headers: headersOf,
    });
    const seconds = (performance.now() - began) / 1000;
    const back = await this.rig.topics.readBack(this.topic, from);
    if (back.records !== count)
      throw new Error(`The peer sent ${count}, ${back.records} were read back`);
    await this.write.empty();
    return count / seconds;
  }

  async #records(
    domain: Awaited<ReturnType<typeof domainOf>>,
    { folder, files }: Files,
  ): Promise<AsyncIterable<PeerRecord>> {
    const read = (file: SourceFile) =>
      itemsOf(domain, {
        path: join(folder, file.file),
        contentType: file.contentType,
        ...(file.part ? { part: file.part } : {}),
      });
    const timed = read(files.find(this.setting.timed)!);
    if (this.setting.domain !== 'community') return recordsOf(domain, timed);
    const part = (name: string) =>
      rowsByKey(domain, name, read(files.find((file) => file.part === name)!));
    return joinedRecordsOf(
      domain,
      { CYP001: await part('CYP001'), CYP101: await part('CYP101') },
      timed,
    );
  }

  async close(): Promise<void> {
    await this.write.close();
    await this.publisher.close();
  }
}

/** The same headers, by name and size, that ours carry. */
function headersOf(record: PeerRecord): Record<string, string> {
  return Object.fromEntries(
    Object.values(headers.HEADERS).map((name) => [name, String(record.recordId)]),
  );
}
