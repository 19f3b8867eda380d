import { Producer } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { heldBy } from '../../originals/edition.js';
import { hasSentAll } from '../outbox.js';
import { asBroker, asClient, readAll, secretAt } from '../reader.js';
import { mesh } from './mesh.js';

type Listed<T> = { items: T[] };
type Grant = { state: string; topics: { product: string; topic: string }[] };
type Refused = {
  errors: { code: string }[];
  origin: { topic: string; partition: number; offset: string | number } | null;
};

const PRODUCT = 'gp.medication-statement';

describe('a record that no approved version made', () => {
  it('reaches no view, and is listed with where it stands', async () => {
    const { kafka, identity } = mesh.status();
    const connection = asClient(
      { bootstrap: kafka.bootstrap, tokenUrl: identity.tokenUrl },
      'domain-gp',
      secretAt(mesh.home, 'domain-gp'),
    );
    const topic = `${PRODUCT}.secondary.v1`;
    const views = await atRest(topic);
    expect(views.length).toBeGreaterThan(2);
    const counts = async () => {
      const held: number[] = [];
      for (const view of views) held.push((await readAll(asBroker(mesh.home), view)).length);
      return held;
    };
    const before = await counts();
    const good = (await readAll(asBroker(mesh.home), topic)).find(({ value }) => value)!;
    const another = (await readAll(asBroker(mesh.home), 'acute.inpatient-spell.v1')).find(
      ({ value }) => value,
    )!;
    const unknown = Buffer.from(good.value!);
    unknown.writeUInt32BE(999_999, 1);
    const values = [
      unknown,
      another.value!,
      Buffer.from('no magic byte'),
      Buffer.concat([good.value!.subarray(0, 5), Buffer.from([0xff, 0xff])]),
    ];
    const producer = new Producer({ clientId: 'story', ...connection });
    for (const value of values)
      await producer.send({ acks: -1, messages: [{ topic, key: Buffer.from(good.key), value }] });
    await producer.close();
    const offsets = (await readAll(asBroker(mesh.home), topic))
      .slice()
      .filter(({ value }) => values.some((bad) => value?.equals(bad)));
    await expect
      .poll(() => listedAt(topic), { timeout: 60_000 })
      .toEqual(offsets.map(({ partition, offset }) => `${partition}/${offset}`).sort());
    expect(await counts()).toEqual(before);
  });
});

/** The views of the edition, each of which has what lives of it: whom a choice ended leaves them in their own time. */
async function atRest(edition: string): Promise<string[]> {
  const { items } = await mesh.json<Listed<Grant>>('grant', 'list', '--as', 'analyst');
  const views = items
    .filter(({ state, topics }) => state === 'active' && topics[0]?.product === PRODUCT)
    .map(({ topics }) => topics[0]!.topic);
  const { alive } = await heldBy(mesh, edition);
  for (const view of views)
    await expect
      .poll(async () => (await heldBy(mesh, view)).alive, { timeout: 60_000 })
      .toBe(alive);
  await expect.poll(() => hasSentAll(mesh, 'mesh_disclosure'), { timeout: 60_000 }).toBe(true);
  return views;
}

async function listedAt(topic: string): Promise<string[]> {
  const { items } = await mesh.json<Listed<Refused>>(
    'quarantine',
    'list',
    '--service',
    'disclosure',
    '--as',
    'governance-lead',
  );
  return items
    .filter(({ origin }) => origin?.topic === topic)
    .map(({ origin }) => `${origin!.partition}/${origin!.offset}`)
    .sort();
}
