import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { memoryIo } from '../spec/memory-io.js';
import { takeInSources } from './sources.js';

/** What the 200 people are written into for general practice. */
const GP_FILES = 2;

let server: Server | undefined;
afterEach(() => new Promise((resolve) => server?.close(resolve)));

/** A mesh of one domain, which has a receipt for each body that it was sent, as long as `forgets` is not called. */
async function meshThatTakesIn() {
  let receipts: string[] = [];
  let sent = 0;
  server = createServer((request, response) => {
    const answer = (status: number, given: object) =>
      response.writeHead(status).end(JSON.stringify(given));
    const { method, url = '' } = request;
    request.resume().on('end', () => {
      if (url === '/token') return answer(200, { access_token: 'a' });
      if (method === 'POST')
        return answer(200, { receipt: receipts[receipts.push(`r${sent++}`) - 1] });
      const [, asked] = /^\/v1\/receipts\/(.*)$/.exec(url) ?? [];
      if (asked === undefined) return answer(200, { status: 'ready' });
      return receipts.includes(asked) ? answer(200, { receipt: asked }) : answer(404, {});
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const { io, keep } = memoryIo();
  const domains = [{ name: 'gp', url, intake: [] }];
  keep('status.json', { governance: { url }, identity: { tokenUrl: `${url}/token` }, domains });
  keep('people.json', { people: [{ user: 'gp-publisher', password: 'p' }] });
  mkdirSync(join(io.home, 'demo'));
  const kept = join(io.home, 'demo', 'sources-taken-in.json');
  return {
    ...{ io, kept, sent: () => sent },
    forgets: () => (receipts = []),
  };
}

it('sends the sources once', async () => {
  const { io, sent } = await meshThatTakesIn();
  await takeInSources(io);
  expect(sent()).toBe(GP_FILES);
  await takeInSources(io);
  expect(sent()).toBe(GP_FILES);
});

it('sends them again to domains whose databases are new, and where what was kept is cut off', async () => {
  const { io, sent, forgets, kept } = await meshThatTakesIn();
  await takeInSources(io);
  forgets();
  await takeInSources(io);
  expect(sent()).toBe(2 * GP_FILES);
  writeFileSync(kept, '');
  await takeInSources(io);
  expect(sent()).toBe(3 * GP_FILES);
});
