import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import type { Credential } from '../consume/issued.js';
import { memoryIo } from '../spec/memory-io.js';
import { SnapshotFetch } from './fetch.js';

const TEXT = 'record_key\n';
const FILE = { name: 'x.csv', sha256: createHash('sha256').update(TEXT).digest('hex') };

let close = (): unknown => undefined;
afterEach(() => close());

type Listed = { id: string; topic: string; files?: (typeof FILE)[] };

/** Output ports that list each of these in turn, and the last from then on. */
async function portsListing(...lists: Listed[][]) {
  const asked: string[] = [];
  const server = createServer(({ method = '', url = '' }, response) => {
    asked.push(`${method} ${url}`);
    if (url === '/token') return response.end('{"access_token":"t"}');
    if (method === 'POST') return response.writeHead(202).end();
    if (url.includes('/files/')) {
      const isThere = url.includes('/new/');
      return isThere ? response.end(TEXT) : response.writeHead(404).end('{"code":"MESH-4509"}');
    }
    const items = lists.length > 1 ? lists.shift() : lists[0];
    return response.end(JSON.stringify({ items }));
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  close = () => server.close();
  const { port } = server.address() as { port: number };
  const { io, keep } = memoryIo();
  const url = `http://127.0.0.1:${port}`;
  const components = [{ name: 'output-ports', status: 'ready', port }];
  keep('status.json', { mode: 'test', governance: { url }, domains: [], components });
  const credential = { clientId: 'c', clientSecret: 's', tokenUrl: `${url}/token` };
  const fetching = await SnapshotFetch.with(io, 'abcdefgh', credential as Credential);
  const wishes = () => asked.filter((one) => one === 'POST /v1/grants/abcdefgh/snapshots').length;
  return { fetching, wishes, io };
}
const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, topic: id === 'b' ? 'y' : 'x' }));

it('waits, at the first use of a port, until every view has its snapshot', async () => {
  const { fetching, wishes } = await portsListing([], [], [a!], [a!, b!]);
  expect(await fetching.newest(['x', 'y'], false)).toEqual([a, b]);
  expect(wishes()).toBe(1);
});

it('takes those there are, unless fresh ones are wanted', async () => {
  const { fetching, wishes } = await portsListing([a!], [a!], [a!], [c!]);
  expect(await fetching.newest(['x'], false)).toEqual([a]);
  expect(wishes()).toBe(0);
  expect(await fetching.newest(['x'], true)).toEqual([c]);
  expect(wishes()).toBe(1);
});

it('saves the snapshot that took the place of the one that was listed', async () => {
  const [old, next] = ['old', 'new'].map((id) => ({ id, topic: 'x', files: [FILE] }));
  const { fetching, io } = await portsListing([old!], [next!]);
  const [listed] = await fetching.newest(['x'], false);
  const { snapshot, paths } = await fetching.save(io, listed!, 'out');
  expect(snapshot).toEqual(next);
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual([TEXT]);
});

it('says that a file is not there where nothing took its place', async () => {
  const { fetching, io } = await portsListing([{ id: 'old', topic: 'x', files: [FILE] }]);
  const [listed] = await fetching.newest(['x'], false);
  await expect(fetching.save(io, listed!, 'out')).rejects.toMatchObject({ code: 'MESH-4509' });
});
