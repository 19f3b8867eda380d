import { afterAll, beforeAll, expect, it } from 'vitest';

import { ARRIVAL, committingDomain, folder } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { gp, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';

const EARLIER = 999;
const schemas = new Map<number, () => Promise<string | null>>();
let domain: CommittingDomain;

beforeAll(async () => {
  domain = await committingDomain(Buffer.alloc(32, 79), {
    schemaOf: (schemaId) => schemas.get(schemaId)?.() ?? Promise.resolve(null),
  });
});
afterAll(() => domain?.close());

async function prepared(line: Line) {
  const body = (async function* () {
    yield Buffer.from(JSON.stringify(line));
  })();
  for await (const item of gp.sources[0]!.read({ contentType: '', body, environment: 'test' }))
    return domain.preparer.prepare({ ...item, raw: JSON.stringify(line) }, ARRIVAL);
  throw new Error('A line is an item');
}

const put = (id: string, text: string): Line => ({ do: 'put', id, nhs: nhsNumber(1), text });

/** What each is answered where all are committed together: its outcome, or the code it is given back with. */
async function together(...lines: Line[]): Promise<string[]> {
  const items = await Promise.all(lines.map(prepared));
  const settled = await Promise.allSettled(
    items.map((item) => domain.committer.commit({ items: [item] })),
  );
  return settled.map((one) =>
    one.status === 'fulfilled'
      ? one.value[0]!.outcome
      : String((one.reason as { code: string }).code),
  );
}

it('a record whose schema cannot be read keeps nobody else waiting, and is taken once it can', async () => {
  expect(await together(put('r1', 'a'))).toEqual(['accepted']);
  await domain.database.pool.query('UPDATE record SET schema_id = $1', [EARLIER]);
  expect(await together(put('r1', 'b'), put('r2', 'c'))).toEqual([
    expect.stringMatching(/^MESH-/),
    'accepted',
  ]);
  schemas.set(EARLIER, () => Promise.resolve(folder.schema));
  expect(await together(put('r1', 'b'), put('r3', 'c'))).toEqual(['accepted', 'accepted']);
});

it('a schema is read again where the database was away for a moment', async () => {
  const { running } = domain;
  let asked = 0;
  schemas.set(EARLIER + 1, async () => {
    asked += 1;
    if (asked > 1) return folder.schema;
    throw Object.assign(new Error('terminating connection'), { code: '57P01' });
  });
  await expect(running.live.codecOf(EARLIER + 1)).rejects.toThrow('terminating connection');
  expect((await running.live.codecOf(EARLIER + 1)).schemaId).toBe(EARLIER + 1);
});
