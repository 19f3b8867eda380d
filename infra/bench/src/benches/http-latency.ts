import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, MessagesStreamModes } from '@platformatic/kafka';
import avro from 'avsc';
import { lives, ndjsonLines } from '@caremesh/synthetic';
import { watchDisk } from '../measure/disk.js';
import { percentile } from '../measure/rounds.js';
import { line, type Result } from '../measure/report.js';
import { schemaOf, type Rig } from '../mesh/rig.js';
import { connection } from '../mesh/topics.js';

const PER_SECOND = 200;
const SECONDS = 15;
/**
 * Before it is measured: services and broker that have just started run code that is compiled only as it is used, and a service
 * runs for weeks. At this pace the broker takes 55 % of a core in the first seconds, and 20 % from about 100 seconds on.
 */
const WARM_UP_SECONDS = 120;
const TOPIC = 'gp.medication-statement.v1';
const TARGET = [
  { share: 0.5, name: 'p50', ms: 10 },
  { share: 0.95, name: 'p95', ms: 25 },
  { share: 0.99, name: 'p99', ms: 50 },
];

/** One record a POST, 200 a second whether answered or not; from the request sent until a consumer has it. */
export async function httpLatency(rig: Rig): Promise<Result[]> {
  await intakeLatencies(rig, `warm-up-${process.pid}`, WARM_UP_SECONDS);
  const disk = watchDisk(rig.mesh.home);
  const latencies = await intakeLatencies(rig, `latency-${process.pid}`, SECONDS);
  const confirmed = await disk();
  const lines = TARGET.map(({ share, name, ms }) => {
    const measured = percentile(latencies, share);
    return line(
      `HTTP intake to visible at ${PER_SECOND}/s, ${name}`,
      `${measured.toFixed(1)} ms`,
      `${ms} ms`,
      measured <= ms,
    );
  });
  const [p95, p99] = [percentile(confirmed, 0.95), percentile(confirmed, 0.99)];
  const most = Math.max(...confirmed);
  const found = `p95 ${p95.toFixed(1)}, p99 ${p99.toFixed(1)}, at most ${most.toFixed(1)} ms`;
  return [...lines, line('… one fdatasync of 8 KiB on the same disk meanwhile', found, '', null)];
}

/** Milliseconds from each request to its record being read, at 200 a second unless told otherwise. `seed` makes other records than before. */
export async function intakeLatencies(
  rig: Rig,
  seed: string,
  seconds: number,
  perSecond: number = PER_SECOND,
): Promise<number[]> {
  const count = perSecond * seconds;
  const bodies = resources(count, seed);
  const sent = new Map<string, number>();
  const seen = new Map<string, number>();
  const stop = await watch(rig, seed, sent, seen);
  const authorization = `Bearer ${await rig.mesh.token('gp-publisher')}`;
  const address = rig.mesh.intake('gp');
  const began = performance.now();
  const answers: Promise<number>[] = [];
  for (const [at, { dose, body }] of bodies.entries()) {
    const due = began + (at * 1000) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    sent.set(dose, performance.now());
    answers.push(post(address, authorization, body));
  }
  const statuses = await Promise.all(answers);
  const deadline = performance.now() + 10_000;
  while (seen.size < count && performance.now() < deadline) await sleep(20);
  await stop();
  const refused = statuses.filter((status) => status !== 200).length;
  if (refused > 0 || seen.size < count)
    throw new Error(`${refused} refused, ${count - seen.size} of ${count} never seen`);
  return [...seen].map(([dose, at]) => at - sent.get(dose)!);
}

/** Bundles of one patient and one statement, each marked by its dose text so that it is known again in the topic. */
function resources(count: number, seed: string): { dose: string; body: string }[] {
  const made: { dose: string; body: string }[] = [];
  for (const life of lives({ seed, count })) {
    for (const text of linesOf(life)) {
      const resource = JSON.parse(text) as Record<string, unknown>;
      const dose = `bench dose ${seed} ${made.length}`;
      const field = resource.resourceType === 'MedicationRequest' ? 'dosageInstruction' : 'dosage';
      made.push({ dose, body: JSON.stringify({ ...resource, [field]: [{ text: dose }] }) });
      if (made.length === count) return made;
    }
  }
  return made;
}

function linesOf(life: Parameters<typeof ndjsonLines>[0]): string[] {
  return [...ndjsonLines(life)]
    .map((entry) => (typeof entry === 'string' ? entry : (entry as { text: string }).text))
    .filter((text) => /"resourceType":"Medication(Statement|Request)"/.test(text));
}

/** Node's own client: on two cores who asks is measured as well: 28 % of one by `fetch` and an idle kafkajs, 17 by this. */
const agent = new Agent({ keepAlive: true });

function post(address: string, authorization: string, body: string): Promise<number> {
  const headers = { authorization, 'content-type': 'application/fhir+json' };
  return new Promise((resolve, reject) => {
    const asking = request(address, { method: 'POST', headers, agent }, (answer) => {
      answer.on('end', () => resolve(answer.statusCode ?? 0)).on('error', reject);
      answer.resume();
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

async function watch(
  rig: Rig,
  seed: string,
  sent: Map<string, number>,
  seen: Map<string, number>,
): Promise<() => Promise<void>> {
  const { schema } = await schemaOf(rig.mesh, `${TOPIC}-value`);
  const type = avro.Type.forSchema(JSON.parse(schema) as avro.Schema);
  const consumer = new Consumer({
    groupId: `bench-latency-${seed}`,
    clientId: 'bench',
    ...connection(rig.mesh),
    autocommit: false,
  });
  const stream = await consumer.consume({
    topics: [TOPIC],
    mode: MessagesStreamModes.MANUAL,
    offsets: (await rig.topics.ends(TOPIC)).map((offset, partition) => ({
      topic: TOPIC,
      partition,
      offset,
    })),
    maxWaitTime: 50,
    minBytes: 1,
  });
  stream.on('data', (message) => {
    if (!message.value) return;
    const { doseText } = type.fromBuffer(message.value.subarray(5)) as { doseText: string };
    if (sent.has(doseText) && !seen.has(doseText)) seen.set(doseText, performance.now());
  });
  return () => consumer.close(true);
}
