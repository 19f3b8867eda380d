import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Peer } from '@caremesh/platform';
import type { Pool } from 'pg';
import { afterEach, expect, it } from 'vitest';

import { Approvals } from '../approval/approvals.js';
import { readContractFolder } from '../approval/contract-folder.js';
import { CONTRACT, SCHEMAS } from '../rig/small-mesh.js';
import { reasonOf } from './waits-for.js';

const folder = readContractFolder(SCHEMAS, CONTRACT);
/** Of a domain that was never approved: nothing is remembered. */
const empty = { query: async () => ({ rows: [] }) } as unknown as Pool;
const tokens = { token: async () => 'token' };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A governance that answers everything so. */
async function governance(status: number): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status).end('{"detail":"what nobody is to read"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => (server.close(), server.closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const reasonAt = (url: string, given = tokens): Promise<string> =>
  new Approvals(empty, new Peer({ name: 'Governance', url, tokens: given }))
    .find('gp', folder)
    .then(String, reasonOf);

it.each([500, 503, 403])('what governance answered is told by its status: %i', async (status) => {
  const told = await reasonAt(await governance(status));
  expect(told).toBe(`governance cannot be asked (it answered ${status})`);
});

it('that it did not answer is told', async () => {
  expect(await reasonAt('http://127.0.0.1:1')).toBe('governance cannot be asked (no answer)');
});

it('a refusal with a code is told by that; that nobody accepted the domain yet is no fault', async () => {
  const refusing = (code: string) => ({
    token: () => Promise.reject(Object.assign(new Error(), { code })),
  });
  expect(await reasonAt('http://127.0.0.1:1', refusing('MESH-5210'))).toBe(
    'governance cannot be asked (MESH-5210)',
  );
  expect(await reasonAt('http://127.0.0.1:1', refusing('MESH-5211'))).toBe('waiting for approval');
});
