import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lives, ndjsonLines } from '@caremesh/synthetic';
import { Consumer, MessagesStreamModes } from '@platformatic/kafka';
import avro from 'avsc';
import { line, type Result } from '../measure/report.js';
import { schemaOf, type Rig } from '../mesh/rig.js';
import { connection } from '../mesh/topics.js';

const PRODUCT = 'gp.medication-statement';
const TOPIC = `${PRODUCT}.v1`;
const PER_SECOND = 500;
const EVERY_MS = 50;
const PEOPLE = 100;
/** So many make each choice, and their records go on coming for so long after. */
const CHOOSING = 5;
const AFTER_MS = 10_000;
const TARGET_MS = 5_000;
const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';

/** Somebody whose record changes again and again; `quantity` is kept in a view and tells who it is. */
type Person = { nhsNumber: string; quantity: number; resource: Record<string, unknown> };
/** When each person's last record came, by quantity; and their last tombstone, by key. */
type Watched = {
  last: Map<number, number>;
  keys: Map<number, Set<string>>;
  ended: Map<string, number>;
  stop(): Promise<void>;
};

/**
 * Records of a hundred people at 500 a second, while some of them opt out, on the list or at their practice, or dissent from
 * sharing: from the moment the list, or the entry, comes to the last record of theirs that is disclosed.
 */
export async function choices(rig: Rig): Promise<Result[]> {
  const view = await viewOf(rig);
  const people = peopleOf(`choices-${process.pid}`);
  const watched = {
    view: await watch(rig, view),
    product: await watch(rig, TOPIC),
  };
  // Signed in before anything is measured: a token takes a command of its own.
  const authorization = `Bearer ${await rig.mesh.token('gp-publisher')}`;
  const stream = await streaming(rig, authorization, people, watched.view);
  const results: Result[] = [];
  const measure = async (
    what: string,
    on: Watched,
    from: number,
    choose: (of: readonly Person[]) => Promise<void> | void,
  ) => {
    const chosen = people.slice(from, from + CHOOSING);
    const began = performance.now();
    await choose(chosen);
    await sleep(AFTER_MS);
    results.push(...delays(what, on, chosen, began));
  };
  try {
    await measure('a cleaned list', watched.view, 0, (chosen) => {
      const numbers = chosen.map(({ nhsNumber }) => nhsNumber).join('\n');
      appendFileSync(join(rig.mesh.home, 'check-service', 'opted-out.txt'), `${numbers}\n`);
    });
    await measure('a Type 1 opt-out', watched.view, CHOOSING, (chosen) =>
      tell(rig, authorization, chosen.map(typeOne)),
    );
    await measure('local dissent', watched.product, 2 * CHOOSING, (chosen) =>
      tell(rig, authorization, chosen.map(dissent)),
    );
  } finally {
    await stream.stop();
    await watched.view.stop();
    await watched.product.stop();
  }
  return [
    line('records a second while people chose', stream.rate().toFixed(0), `${PER_SECOND}`, null),
    ...results,
  ];
}

function delays(what: string, on: Watched, chosen: readonly Person[], began: number): Result[] {
  const last = Math.max(...chosen.map(({ quantity }) => (on.last.get(quantity) ?? began) - began));
  const keys = chosen.flatMap(({ quantity }) => [...(on.keys.get(quantity) ?? [])]);
  const open = keys.filter((key) => (on.ended.get(key) ?? 0) < began).length;
  const closed = Math.max(...keys.map((key) => (on.ended.get(key) ?? began) - began));
  const shown = Math.max(0, last);
  return [
    line(
      `from ${what} to the last record of the person`,
      `${shown.toFixed(0)} ms`,
      `${TARGET_MS} ms`,
      shown <= TARGET_MS && keys.length > 0,
    ),
    line(
      `from ${what} to the last tombstone`,
      open > 0 ? `${open} of ${keys.length} keys never closed` : `${closed.toFixed(0)} ms`,
      '',
      open === 0 ? null : false,
    ),
  ];
}

/** The demonstration's view of the product, which the national data opt-out applies to. */
async function viewOf({ mesh }: Rig): Promise<string> {
  const asked = ['grant', 'list', '--product', PRODUCT, '--state', 'active', '--kind', 'view'];
  const answer = await mesh.command(...asked, '--as', 'analyst', '-o', 'json');
  const { items } = JSON.parse(answer) as { items: { topics: { topic: string }[] }[] };
  const topic = items[0]?.topics[0]?.topic;
  if (topic === undefined) throw new Error('The demonstration has no view of the product');
  return topic;
}

function peopleOf(seed: string): Person[] {
  const found: Person[] = [];
  for (const life of lives({ seed, count: 4 * PEOPLE })) {
    for (const entry of ndjsonLines(life)) {
      const text = typeof entry === 'string' ? entry : (entry as { text: string }).text;
      const resource = JSON.parse(text) as Record<string, unknown>;
      const nhsNumber = numberIn(resource);
      if (resource['resourceType'] !== 'MedicationRequest' || nhsNumber === null) continue;
      found.push({ nhsNumber, quantity: 100_000 + found.length, resource });
      break;
    }
    if (found.length === PEOPLE) return found;
  }
  throw new Error(`Only ${found.length} people have a request for a medicine`);
}

function numberIn({ subject }: Record<string, unknown>): string | null {
  const { identifier } = (subject ?? {}) as { identifier?: { system?: string; value?: string } };
  return identifier?.system === NHS_NUMBER ? (identifier.value ?? null) : null;
}

/** The request as it stands at this moment: never the same twice. */
function now({ resource, quantity }: Person, n: number): string {
  return JSON.stringify({
    ...resource,
    meta: { lastUpdated: new Date().toISOString() },
    dosageInstruction: [{ text: `bench ${n}` }],
    dispenseRequest: { quantity: { value: quantity, unit: 'tablet' } },
  });
}

/** Sends records at the rate asked for, until stopped; begins once the view has everybody. */
async function streaming(
  rig: Rig,
  authorization: string,
  people: readonly Person[],
  view: Watched,
) {
  const address = rig.mesh.intake('gp');
  const send = async (bodies: string[]) => {
    const answer = await fetch(address, {
      ...{ method: 'POST', body: bodies.join('\n') },
      headers: { authorization, 'content-type': 'application/fhir+ndjson' },
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`The intake answered ${answer.status}`);
  };
  let n = 0;
  const next = () => now(people[n % PEOPLE]!, n++);
  await send(people.map(next));
  const deadline = performance.now() + 60_000;
  while (people.some(({ quantity }) => !view.last.has(quantity))) {
    if (performance.now() > deadline) throw new Error('The view never had everybody');
    await sleep(100);
  }
  const before = n;
  const began = performance.now();
  let running = true;
  const pump = async () => {
    const sent: Promise<void>[] = [];
    for (let tick = 1; running; tick++) {
      // Not waited for, as a practice's system does not wait for another's.
      const batch = send(Array.from({ length: (PER_SECOND * EVERY_MS) / 1_000 }, next));
      batch.catch(() => undefined);
      sent.push(batch);
      await sleep(Math.max(0, began + tick * EVERY_MS - performance.now()));
    }
    await Promise.all(sent);
  };
  const pumping = pump();
  let ended = 0;
  return {
    rate: () => ((n - before) * 1_000) / (ended - began),
    async stop() {
      running = false;
      await pumping;
      ended = performance.now();
    },
  };
}

async function tell(rig: Rig, authorization: string, entries: readonly object[]): Promise<void> {
  const answer = await fetch(new URL('/v1/intake/choices', rig.mesh.intake('gp')), {
    ...{ method: 'POST', body: entries.map((entry) => JSON.stringify(entry)).join('\n') },
    headers: {
      authorization,
      'content-type': 'application/fhir+ndjson',
    },
  });
  const { accepted } = (await answer.json()) as { accepted?: number };
  if (accepted !== entries.length) throw new Error(`${accepted} of ${entries.length} accepted`);
}

const identifierOf = ({ nhsNumber }: Person) => ({
  identifier: { system: NHS_NUMBER, value: nhsNumber },
});
const typeOne = (person: Person) => ({
  ...{ resourceType: 'Observation', id: `o${person.quantity}`, status: 'final' },
  code: { coding: [{ system: 'http://snomed.info/sct', code: '827241000000103' }] },
  subject: identifierOf(person),
  effectiveDateTime: '2026-01-05',
});
const dissent = (person: Person) => ({
  ...{ resourceType: 'Consent', id: `c${person.quantity}`, status: 'active' },
  patient: identifierOf(person),
  dateTime: '2026-01-05',
  provision: {
    type: 'deny',
    purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
  },
});

/** Notes when records and tombstones of a topic come. */
async function watch(rig: Rig, topic: string): Promise<Watched> {
  const { schema } = await schemaOf(rig.mesh, `${topic}-value`);
  const type = avro.Type.forSchema(JSON.parse(schema) as avro.Schema);
  const consumer = new Consumer({
    ...{ groupId: `bench-choices-${topic}-${process.pid}`, clientId: 'bench', autocommit: false },
    ...connection(rig.mesh),
  });
  const ends = await rig.topics.ends(topic);
  const stream = await consumer.consume({
    ...{ topics: [topic], mode: MessagesStreamModes.MANUAL, maxWaitTime: 50, minBytes: 1 },
    offsets: ends.map((offset, partition) => ({ topic, partition, offset })),
  });
  const [last, keys, ended] = [
    new Map<number, number>(),
    new Map<number, Set<string>>(),
    new Map<string, number>(),
  ];
  stream.on('data', ({ key, value }) => {
    const name = key.toString();
    if (!value) return void ended.set(name, performance.now());
    const { quantityValue } = type.fromBuffer(value.subarray(5)) as { quantityValue: unknown };
    const quantity = numberOf(quantityValue);
    if (quantity === null) return;
    last.set(quantity, performance.now());
    keys.set(quantity, (keys.get(quantity) ?? new Set()).add(name));
  });
  return { last, keys, ended, stop: () => consumer.close(true) };
}

/** A union's branch is wrapped or not, as the schema's types need it. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return null;
  const [only] = Object.values(value) as unknown[];
  return typeof only === 'number' ? only : null;
}
