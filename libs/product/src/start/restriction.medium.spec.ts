import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import type { Answer } from '../intake/answer.js';
import { gp, ndjson, nhsNumber, ODS, SERVICE } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { readUntil } from '../rig/read-topic.js';
import { SECONDARY, smallMesh, TOPIC } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { openDomain } from './start-domain.js';

/** A restriction through the whole service: over HTTP into a real database, and from there to both topics of a real broker. */
let mesh: SmallMesh;
let app: NestFastifyApplication;

beforeAll(async () => {
  mesh = await smallMesh();
  app = await openDomain(gp, mesh.env);
  const url = await app.getUrl();
  await vi.waitUntil(async () => (await fetch(`${url}/health/ready`)).status === 200, {
    timeout: 60_000,
  });
});
afterAll(async () => {
  await stop(app, { error: () => undefined } as never);
  await mesh?.close();
});

async function post(...lines: Line[]): Promise<string[]> {
  const response = await fetch(`${await app.getUrl()}/v1/intake/feed`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await mesh.token()}`,
      'content-type': 'application/x-ndjson',
    },
    body: ndjson(lines),
  });
  const answer = (await response.json()) as Answer;
  return answer.items.map(({ outcome, errors }) =>
    [outcome, ...errors.map(({ code }) => code)].join(' '),
  );
}

/** The last so many records of both topics, which must be the same: what each is, and what tells where its person is. */
async function lastOf(count: number, of: number): Promise<unknown[][]> {
  const told = async (topic: string) =>
    (await readUntil(mesh.stack, topic, count))
      .toSorted((a, b) => Number(a.headers['ce_sequence']) - Number(b.headers['ce_sequence']))
      .slice(-of)
      .map(({ value, headers }) => [
        value?.['medicationStatementId'],
        value?.['changeType'],
        value?.['postcode'],
        value?.['gpPracticeOds'],
        value?.['localPatientIdIssuer'],
        headers['ce_source'],
        headers['ce_recordrevision'],
      ]);
  const product = await told(TOPIC);
  expect(await told(SECONDARY)).toEqual(product);
  return product;
}

it('statement, restricted alone, statement by identifier alone, lifted', async () => {
  const nhs = nhsNumber(1);
  const whole: Line = {
    ...{ do: 'put', id: 's1', nhs, local: 'R-1', at: '2026-03-01T10:00:00Z' },
    ...{ postcode: 'LS1 4HR', practice: 'B82005' },
  };
  expect(await post(whole)).toEqual(['accepted']);
  expect(await lastOf(1, 1)).toEqual([
    ['s1', 'CREATED', 'LS1 4HR', 'B82005', ODS, `urn:ods:${ODS}`, '1'],
  ]);
  expect(await post({ do: 'other', nhs, restricted: true })).toEqual(['accepted']);
  const hidden = [null, null, null, `urn:ods:${SERVICE}`];
  expect(await lastOf(2, 1)).toEqual([['s1', 'UPDATED', ...hidden, '2']]);
  expect(await post({ do: 'put', id: 's2', nhs })).toEqual(['accepted']);
  expect(await lastOf(3, 1)).toEqual([['s2', 'CREATED', ...hidden, '1']]);
  expect(
    await post(
      { do: 'other', nhs, restricted: true },
      { do: 'other', nhs: nhsNumber(2), restricted: false },
    ),
  ).toEqual(['unchanged', 'notUsed MESH-2141']);
  expect(await post({ do: 'other', nhs, restricted: false })).toEqual(['accepted']);
  const byId = ([a]: unknown[], [b]: unknown[]) => String(a).localeCompare(String(b));
  expect((await lastOf(5, 2)).toSorted(byId)).toEqual([
    ['s1', 'UPDATED', 'LS1 4HR', 'B82005', ODS, `urn:ods:${ODS}`, '3'],
    ['s2', 'UPDATED', null, null, null, `urn:ods:${ODS}`, '2'],
  ]);
});
