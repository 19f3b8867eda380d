import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { memoryIo } from '../spec/memory-io.js';
import { viewOf } from './views.js';

let server: Server | undefined;
afterEach(() => new Promise((resolve) => server?.close(resolve)));

const PRODUCT = 'gp.medication-statement';
const grant = {
  ...{ id: 'abcdefgh', state: 'active', products: [PRODUCT], demonstration: true },
  topics: [{ product: PRODUCT, topic: 't', ready: true }],
};

/** A mesh with the demonstration's grant, which knows the client named and gives out `made`. */
async function meshThatKnows(known: string) {
  const made: string[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const answer = (status: number, given: object) =>
        response.writeHead(status).end(JSON.stringify(given));
      const form = new URLSearchParams(body);
      const { method, url = '' } = request;
      if (url === '/token') {
        const isGood = form.get('grant_type') === 'password' || form.get('client_id') === known;
        return answer(
          isGood ? 200 : 401,
          isGood ? { access_token: 'a' } : { error: 'invalid_client' },
        );
      }
      if (method === 'POST') return answer(201, { clientId: made[made.push('made') - 1] });
      return answer(200, url.startsWith('/v1/grants?') ? { items: [grant] } : grant);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const { io, keep } = memoryIo();
  keep('status.json', { governance: { url }, identity: { tokenUrl: `${url}/token` } });
  keep('people.json', { people: [{ user: 'analyst', password: 'p' }] });
  const file = join(io.home, 'demo', `credential-${grant.id}.json`);
  mkdirSync(join(io.home, 'demo'));
  writeFileSync(
    file,
    JSON.stringify({ clientId: 'kept', clientSecret: 's', tokenUrl: `${url}/token`, scope: 's' }),
  );
  const client = () => (JSON.parse(readFileSync(file, 'utf8')) as { clientId: string }).clientId;
  return { io, made, client };
}

it('goes on with the credential that was made before', async () => {
  const { io, made, client } = await meshThatKnows('kept');
  expect((await viewOf(io, PRODUCT)).credential.clientId).toBe('kept');
  expect([made, client()]).toEqual([[], 'kept']);
});

it('makes another where the analyst ended the one that was made', async () => {
  const { io, made, client } = await meshThatKnows('another');
  expect((await viewOf(io, PRODUCT)).credential.clientId).toBe('made');
  expect([made, client()]).toEqual([['made'], 'made']);
});
