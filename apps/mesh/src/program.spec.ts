import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { api } from './http.js';
import { printError } from './output.js';
import { run } from './program.js';
import { request } from './request.js';
import { memoryIo } from './spec/memory-io.js';

let server: Server | undefined;
afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(null))));

type Answer = { status: number; body: unknown };

/** A mesh that answers as told, and remembers what it was asked. */
async function fakeMesh(answer: (request: IncomingMessage, body: string) => Answer) {
  const asked: string[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      asked.push(
        `${request.method} ${request.url} ${request.headers.authorization ?? '-'} ${body}`,
      );
      const given = answer(request, body);
      response.writeHead(given.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(given.body));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return { url, asked };
}

function statusAt(url: string, mode = 'development') {
  return {
    mode,
    governance: { url },
    identity: { issuer: url, tokenUrl: `${url}/token`, jwksUrl: `${url}/jwks` },
    domains: [],
    components: [],
  };
}

it('prints help with exit code 0, and a misunderstood line with 2', async () => {
  const { io, out, err } = memoryIo();
  expect(await run(['--help'], io)).toBe(0);
  expect(out()).toMatch(/^Usage: mesh/);
  expect(await run(['tokn'], io)).toBe(2);
  expect(err()).toBe(
    "mesh: The command was not understood\n  why: unknown command 'tokn'\n       (Did you mean token?)\n" +
      '  fix: See `npx mesh --help`.  [MESH-6508]\n',
  );
  expect(await run(['token', '-o', 'xml'], io)).toBe(2);
  expect(await run(['grant', 'revoke', 'abcdefgh', '--reason'], io)).toBe(2);
  expect(err().match(/MESH-6508/g)).toHaveLength(3);
  expect(err()).toMatch(/See `npx mesh grant revoke --help`.*$/m);
});

it('says that no mesh runs, with exit code 5', async () => {
  const { io, err } = memoryIo();
  expect(await run(['status'], io)).toBe(5);
  expect(err()).toMatch(/The mesh is not running[\s\S]*MESH-6503/);
});

it('says of a mesh that was stopped that it does not run, not that one of its parts will come back', async () => {
  const { io, err, keep } = memoryIo();
  keep('status.json', statusAt('http://127.0.0.1:1'));
  keep('people.json', { people: [{ user: 'analyst', password: 'pass word' }] });
  expect(await run(['product', 'list', '--as', 'analyst'], io)).toBe(5);
  expect(err()).toMatch(/^mesh: The mesh is not running\n {2}why: http:[\s\S]*\[MESH-6503\]\n$/);
});

it('says of a service how it stands, and not that there is no such domain', async () => {
  const { io, err, keep } = memoryIo({ MESH_TOKEN: 'a.b.c' });
  const components = [{ name: 'output-ports', status: 'starting', port: null }];
  keep('status.json', { ...statusAt('http://127.0.0.1:1'), components });
  expect(await run(['port', 'show', 'abcdefgh'], io)).toBe(5);
  expect(err()).toMatch(/output-ports is starting\.[\s\S]*MESH-6503/);
});

it('shows nothing of a damaged file of passwords', async () => {
  const { io, err } = memoryIo();
  writeFileSync(join(io.home, 'status.json'), JSON.stringify(statusAt('http://127.0.0.1:1')));
  writeFileSync(join(io.home, 'people.json'), '{"people":[{"password":"secret-pass"},]}');
  expect(await run(['product', 'list', '--as', 'analyst', '--debug'], io)).toBe(2);
  expect(err()).toMatch(/people\.json is no JSON file\.[\s\S]*MESH-6510/);
  expect(err()).not.toContain('pass"');
});

it('says that a mesh whose status was cut short does not run', async () => {
  const { io, err } = memoryIo({ MESH_TOKEN: 'a.b.c' });
  writeFileSync(join(io.home, 'status.json'), '');
  expect(await run(['product', 'list'], io)).toBe(5);
  expect(await run(['status'], io)).toBe(5);
  expect(err().match(/MESH-6503/g)).toHaveLength(2);
});

it('answers its own failures with -o json as the mesh answers: one problem on standard output', async () => {
  const problem = (code: string, status: number, retriable: boolean) => ({
    ...{ type: `urn:caremesh:error:${code}`, title: expect.any(String), status, code, retriable },
    detail: expect.any(String),
    errors: [{ path: '', code, message: expect.any(String), fix: expect.any(String) }],
  });
  for (const [line, code, status, exit] of [
    ['status -o json', 'MESH-6503', 503, 5],
    ['product list -o json', 'MESH-6503', 503, 5],
    ['tokn --output=json', 'MESH-6508', 400, 2],
    ['grant revoke abcdefgh -o json', 'MESH-6508', 400, 2],
    ['contract lint nowhere -o json', 'MESH-6510', 400, 2],
  ] as const) {
    const { io, out } = memoryIo();
    expect(await run(line.split(' '), io)).toBe(exit);
    expect(JSON.parse(out())).toEqual(problem(code, status, exit === 5));
  }
});

it('prints a token alone on one line', async () => {
  const { url, asked } = await fakeMesh(() => ({ status: 200, body: { access_token: 'abc' } }));
  const { io, out, keep } = memoryIo();
  keep('status.json', statusAt(url));
  keep('people.json', { people: [{ user: 'analyst', password: 'pass word' }] });
  expect(await run(['token', '--as', 'analyst', '--audience', 'mesh-kafka'], io)).toBe(0);
  expect(out()).toBe('abc\n');
  expect(asked).toEqual([
    'POST /token - grant_type=password&client_id=mesh-cli&username=analyst&password=pass+word&resource=urn%3Acaremesh%3Amesh-kafka',
  ]);
});

it('gives no token where two are asked for at once', async () => {
  const { url, asked } = await fakeMesh(() => ({ status: 200, body: { access_token: 'abc' } }));
  const { io, out, err, keep } = memoryIo();
  keep('status.json', statusAt(url));
  keep('people.json', { people: [{ user: 'analyst', password: 'pass word' }] });
  expect(await run(['token', '--as', 'analyst', '--client', 'domain-gp'], io)).toBe(2);
  expect(err()).toMatch(/--as .*--client .*MESH-6508/s);
  expect([out(), asked]).toEqual(['', []]);
});

it('gives no token in production mode, and none to a stranger', async () => {
  const { io, err, keep } = memoryIo();
  const { url, asked } = await fakeMesh(() => ({ status: 200, body: { access_token: 'abc' } }));
  keep('status.json', statusAt(url, 'production'));
  // What an earlier mode left behind is not sent to a site's own provider.
  keep('people.json', { people: [{ user: 'analyst', password: 'pass word' }] });
  for (const line of ['token --as analyst', 'token --client svc-x', 'product list --as analyst'])
    expect(await run(line.split(' '), io)).toBe(3);
  expect(err().match(/MESH-6507/g)).toHaveLength(3);
  expect(asked).toEqual([]);
  keep('status.json', statusAt('http://127.0.0.1:1'));
  keep('people.json', { people: [] });
  expect(await run(['token', '--as', 'nobody'], io)).toBe(3);
  expect(await run(['token', '--client', '../people.json'], io)).toBe(3);
  expect(await run(['token'], io)).toBe(2);
  expect(err()).not.toMatch(/ at /);
});

it('calls with the bearer of MESH_TOKEN and turns a problem into an error with its exit code', async () => {
  const problem = {
    title: 'Not yours',
    status: 403,
    code: 'MESH-3001',
    detail: 'Only an owner may.',
    errors: [{ path: '$.role', code: 'MESH-3002', message: 'missing', fix: 'Ask an owner.' }],
  };
  const { url, asked } = await fakeMesh(() => ({ status: 403, body: problem }));
  const { io, keep } = memoryIo({ MESH_TOKEN: 'given' });
  keep('status.json', statusAt(url));
  await expect(api(io, {}).get('/v1/products', { q: 'a b' })).rejects.toMatchObject({
    code: 'MESH-3001',
    exit: 3,
    fix: 'Ask an owner.',
    message: 'Only an owner may.\n$.role: missing [MESH-3002]',
    body: JSON.stringify(problem),
  });
  expect(asked).toEqual(['GET /v1/products?q=a+b Bearer given ']);
});

it('asks who is calling before it calls', async () => {
  const { io, keep } = memoryIo();
  keep('status.json', statusAt('http://127.0.0.1:1'));
  await expect(api(io, {}).get('/v1/products')).rejects.toMatchObject({ code: 'MESH-6505' });
});

it('takes a token with the line break that ends its file, and nothing else for one, and repeats none of it', async () => {
  const { url, asked } = await fakeMesh(() => ({ status: 200, body: { items: [] } }));
  const sent = memoryIo({ MESH_TOKEN: ' abc.def-_~+/==\n' });
  sent.keep('status.json', statusAt(url));
  expect(await run(['standard', 'list'], sent.io)).toBe(0);
  expect(asked[0]).toContain(' Bearer abc.def-_~+/== ');
  for (const token of [
    'verysecret.\nabc',
    'verysecret abc',
    '{"verysecret":1}',
    'verysecr\u00e9t',
  ]) {
    const { io, out, err, keep } = memoryIo({ MESH_TOKEN: token });
    keep('status.json', statusAt(url));
    expect(await run(['standard', 'list', '--debug'], io)).toBe(3);
    expect(err()).toContain('[MESH-6505]');
    expect(out() + err()).not.toContain('verysecr');
  }
  expect(asked).toHaveLength(1);
});

it('calls nothing unreachable that was never sent, and prints nothing of what it would have sent', async () => {
  const headers = { authorization: 'Bearer verysecret\nabc' };
  const failed = await request('http://127.0.0.1:1/v1', { headers }).catch(
    (error: unknown) => error,
  );
  const { io, err } = memoryIo();
  expect(printError(io, failed, { debug: true })).toBe(5);
  expect(err()).toContain('[MESH-6599]');
  expect(err()).not.toContain('verysecret');
  await expect(request('http://127.0.0.1:1/v1', {})).rejects.toMatchObject({ code: 'MESH-6504' });
});

it('prints for a shell what `mesh status` says, and nothing else', async () => {
  const { url, asked } = await fakeMesh(() => ({ status: 200, body: { items: [] } }));
  const { io, out, err, keep } = memoryIo({ MESH_TOKEN: 'a.b.c' });
  keep('status.json', statusAt(url));
  expect(await run(['product', 'list', '-o', 'env'], io)).toBe(2);
  expect(err()).toMatch(/env.*mesh status[^]*\[MESH-6508\]/);
  expect([out(), asked]).toEqual(['', []]);
});
