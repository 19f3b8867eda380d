import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../program.js';
import { memoryIo } from '../spec/memory-io.js';

type Seen = {
  method: string;
  url: string;
  type: string;
  key: string;
  reason: string;
  body: string;
};
const counts = { accepted: 1, unchanged: 0, retracted: 0, quarantined: 0, held: 0, notUsed: 0 };
const answer = { receipt: 'r1', received: 1, ...counts, items: [] };

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** A domain that answers as told and remembers what it was sent. */
async function domain(
  replies: (seen: Seen) => { status: number; body: unknown },
  intake: object[],
): Promise<{ mesh: ReturnType<typeof memoryIo>; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const { method = '', url = '', headers } = request;
      const one = {
        method,
        url,
        type: headers['content-type'] ?? '',
        key: String(headers['idempotency-key'] ?? ''),
        reason: String(headers['x-reason'] ?? ''),
        body,
      };
      seen.push(one);
      const reply = replies(one);
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(reply.body));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mesh = memoryIo({ MESH_TOKEN: 'token' });
  const ways = intake.map((way) => ({
    source: 'fhir',
    product: 'gp.medication-statement',
    method: 'http',
    address: `${url}/v1/intake/fhir`,
    contentTypes: ['application/fhir+json', 'application/fhir+ndjson'],
    ...way,
  }));
  mesh.keep('status.json', {
    mode: 'test',
    domains: [{ name: 'gp', url, intake: ways }],
    components: [],
  });
  return { mesh, seen };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function file(mesh: ReturnType<typeof memoryIo>, name: string, text = 'x'): string {
  writeFileSync(join(mesh.io.cwd, name), text);
  return name;
}

describe('mesh intake', () => {
  it('fails if a large file turned out to be unreadable once it was worked through', async () => {
    const { fix, ...found } = {
      path: '',
      code: 'MESH-2102',
      message: 'This is XML',
      fix: 'Send JSON.',
    };
    const failed = { ...answer, state: 'failed', errors: [{ ...found, fix }] };
    const replies = ({ method }: Seen) =>
      method === 'POST' ? { status: 202, body: { receipt: 'r1' } } : { status: 200, body: failed };
    const { mesh } = await domain(replies, [{}]);
    const line = ['intake', 'gp', file(mesh, 'big.json', '<a/>')];
    expect(await run(line, mesh.io)).toBe(1);
    expect(mesh.err()).toContain(
      'This is XML\n  why: big.json: the whole file\n  fix: Send JSON.  [MESH-2102]',
    );
    const before = mesh.out().length;
    expect(await run([...line, '-o', 'json'], mesh.io)).toBe(1);
    expect(JSON.parse(mesh.out().slice(before))).toEqual(failed);
  });

  it('says what was odd about a file that did no harm', async () => {
    const odd = { path: 'header row', code: 'MESH-2122', message: 'Odd: column 7', fix: '' };
    const reply = { status: 200, body: { ...answer, warnings: [odd] } };
    const { mesh } = await domain(() => reply, [{}]);
    expect(await run(['intake', 'gp', file(mesh, 'bundle.json', '{}')], mesh.io)).toBe(0);
    expect(mesh.out()).toContain('\nwarning MESH-2122 header row: Odd: column 7\n');
  });

  it('sends each file as what its name says, and prints the answer unchanged with -o json', async () => {
    const { mesh, seen } = await domain(() => ({ status: 200, body: answer }), [{}]);
    const files = [file(mesh, 'bundle.json', '{}'), file(mesh, 'many.ndjson', '{}\n')];
    expect(
      await run(['intake', 'gp', ...files, '--idempotency-key', 'k1', '-o', 'json'], mesh.io),
    ).toBe(0);
    expect(mesh.out()).toBe(`${JSON.stringify(answer)}\n${JSON.stringify(answer)}\n`);
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/v1/intake/fhir',
        type: 'application/fhir+json',
        key: 'k1',
        body: '{}',
      },
      {
        method: 'POST',
        url: '/v1/intake/fhir',
        type: 'application/fhir+ndjson',
        key: 'k1-2',
        body: '{}\n',
      },
    ]);
  });

  it('sends the files after one that is refused, and names those that were', async () => {
    const problem = {
      ...{ type: 'about:blank', title: 'This is no JSON', status: 422, code: 'MESH-2101' },
      ...{ detail: 'The body is no JSON', fix: 'Send JSON.', retriable: false, errors: [] },
    };
    const replies = ({ body }: Seen) =>
      body === '{bad' ? { status: 422, body: problem } : { status: 200, body: answer };
    const { mesh, seen } = await domain(replies, [{}]);
    const good = [file(mesh, 'a.json', '{}'), file(mesh, 'd.json', '{"d":1}')];
    const bad = [file(mesh, 'b.json', '{bad'), file(mesh, 'c.json', '{bad')];
    expect(await run(['intake', 'gp', good[0]!, ...bad, good[1]!], mesh.io)).toBe(1);
    expect(seen.map(({ body }) => body)).toEqual(['{}', '{bad', '{bad', '{"d":1}']);
    expect(mesh.err()).toContain('2 of 4 files refused: b.json (MESH-2101), c.json (MESH-2101)');
    expect(mesh.err()).toContain('[MESH-2101]');
  });

  it('gives up where no file can be sent at all', async () => {
    const problem = { title: 'No', status: 403, code: 'MESH-5103', detail: 'No', fix: 'Ask.' };
    const { mesh, seen } = await domain(() => ({ status: 403, body: problem }), [{}]);
    const files = [file(mesh, 'a.json', '{}'), file(mesh, 'b.json', '{}')];
    expect(await run(['intake', 'gp', ...files], mesh.io)).toBe(3);
    expect(seen).toHaveLength(1);
  });

  it('tells a person the counts and the first problems', async () => {
    const error = {
      path: '/subject',
      code: 'MESH-2202',
      message: 'The NHS number fails',
      fix: 'x',
    };
    const items = [
      { index: 4, sourceId: 'MedicationStatement/s-4', outcome: 'quarantined', errors: [error] },
    ];
    const { mesh } = await domain(
      () => ({ status: 200, body: { ...answer, quarantined: 1, items } }),
      [{}],
    );
    await run(['intake', 'gp', file(mesh, 'a.json')], mesh.io);
    expect(mesh.out().split('\n')).toEqual([
      'FILE    RECEIVED  ACCEPTED  UNCHANGED  RETRACTED  QUARANTINED  HELD  NOT USED',
      'a.json  1         1         0          0          1            0     0',
      '',
      'ITEM  SOURCE ID                OUTCOME      CODE       WHERE     WHY',
      '4     MedicationStatement/s-4  quarantined  MESH-2202  /subject  The NHS number fails',
      '',
    ]);
  });

  it('waits for a large file, unless told not to', async () => {
    let asked = 0;
    const large = (seen: Seen) => {
      if (seen.method === 'POST') return { status: 202, body: { receipt: 'r9' } };
      return asked++ === 0
        ? { status: 200, body: { receipt: 'r9', state: 'waiting', received: 7 } }
        : { status: 200, body: answer };
    };
    const { mesh, seen } = await domain(large, [{}]);
    expect(await run(['intake', 'gp', file(mesh, 'a.json'), '-o', 'json'], mesh.io)).toBe(0);
    expect(mesh.out()).toBe(`${JSON.stringify(answer)}\n`);
    expect(mesh.err()).toBe('mesh: 7 records so far\n');
    expect(seen.map(({ url }) => url).slice(1)).toEqual(['/v1/receipts/r9', '/v1/receipts/r9']);
    const other = await domain(large, [{}]);
    await run(['intake', 'gp', file(other.mesh, 'a.json'), '--no-wait'], other.mesh.io);
    expect(other.mesh.out()).toBe('a.json: taken, receipt r9\n');
  });

  it('sends the tables of a multipart source together, each under its own name', async () => {
    const { mesh, seen } = await domain(
      () => ({ status: 200, body: answer }),
      [{ contentTypes: ['multipart/form-data'] }],
    );
    const files = [file(mesh, 'CYP001.csv', 'a,b'), file(mesh, 'cyp201.csv', 'c,d')];
    expect(await run(['intake', 'gp', ...files], mesh.io)).toBe(0);
    expect(seen.length).toBe(1);
    expect(seen[0]!.type).toMatch(/^multipart\/form-data; boundary=/);
    expect(seen[0]!.body).toMatch(
      /name="CYP001"; filename="CYP001.csv"\r\nContent-Type: text\/csv\r\n\r\na,b/,
    );
    expect(seen[0]!.body).toMatch(
      /name="CYP201"; filename="cyp201.csv"\r\nContent-Type: text\/csv\r\n\r\nc,d/,
    );
  });

  it('names what is wrong, and exits by it', async () => {
    const refused = {
      code: 'MESH-2101',
      title: 'The text is not valid JSON',
      detail: 'line 1',
      errors: [],
    };
    const { mesh } = await domain(
      () => ({ status: 400, body: refused }),
      [{}, { source: 'other' }],
    );
    const bundle = file(mesh, 'a.json');
    expect(await run(['intake', 'nowhere', bundle], mesh.io)).toBe(4);
    expect(await run(['intake', 'gp', bundle], mesh.io)).toBe(2);
    expect(mesh.err()).toContain('Give --source: one of the sources of gp (fhir, other).');
    expect(await run(['intake', 'gp', 'missing.json', '--source', 'fhir'], mesh.io)).toBe(2);
    expect(await run(['intake', 'gp', bundle, '--source', 'fhir'], mesh.io)).not.toBe(0);
    expect(mesh.err()).toContain('The text is not valid JSON');
    expect(mesh.err()).toContain('MESH-2101');
  });
});

describe('mesh quarantine', () => {
  const item = {
    id: 'q1234567',
    product: 'gp.medication-statement',
    source: 'fhir',
    sourceId: 'line 17',
    publisherOds: 'B82005',
    receivedAt: '2026-11-22T02:00:00.000Z',
    step: 'map',
    errors: [
      { path: '/subject', code: 'MESH-2202', message: 'The NHS number fails', fix: 'Correct it.' },
    ],
    state: 'open',
    sha256: 'ab',
    bytes: 12,
    origin: null,
  };

  it('lists what a domain put aside', async () => {
    const page = { items: [item], next: 'q1234567' };
    const { mesh, seen } = await domain(() => ({ status: 200, body: page }), [{}]);
    const words = [
      'quarantine',
      'list',
      '--domain',
      'gp',
      '--cause',
      'MESH-2202',
      '--state',
      'open',
    ];
    expect(await run(words, mesh.io)).toBe(0);
    expect(seen[0]!.url).toBe('/v1/quarantine?cause=MESH-2202&state=open');
    expect(mesh.out().split('\n').slice(1)).toEqual([
      'q1234567  open   2026-11-22T02:00:00.000Z  gp.medication-statement  map   MESH-2202 /subject  fhir line 17',
      '',
      'Next page: --cursor q1234567',
      '',
    ]);
  });

  it('shows a payload only for a reason', async () => {
    const { mesh, seen } = await domain(
      () => ({ status: 200, body: { ...item, payload: '{}' } }),
      [{}],
    );
    const words = ['quarantine', 'show', 'q1234567', '--domain', 'gp', '--reveal'];
    expect(await run(words, mesh.io)).toBe(2);
    expect(await run([...words, '--reason', 'Called by the practice', '-o', 'json'], mesh.io)).toBe(
      0,
    );
    expect(await run([...words, '--reason', 'Café'], mesh.io)).toBe(0);
    expect(seen.map(({ reason }) => reason)).toEqual(['Called by the practice', '']);
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/quarantine/q1234567?reveal=true',
      '/v1/quarantine/q1234567?reveal=true&reason=Caf%C3%A9',
    ]);
  });

  it('writes what ends its lines with CR in lines of the terminal', async () => {
    const payload = 'MSH|^~\\&\rPID|1\r\nPV1|1';
    const { mesh } = await domain(() => ({ status: 200, body: { ...item, payload } }), [{}]);
    const words = ['quarantine', 'show', 'q1234567', '--domain', 'gp', '--reveal', '--reason', 'x'];
    expect(await run(words, mesh.io)).toBe(0);
    expect(mesh.out().split('\n').slice(-4)).toEqual(['MSH|^~\\&', 'PID|1', 'PV1|1', '']);
  });

  it('discards what is named, for a reason', async () => {
    const { mesh, seen } = await domain(() => ({ status: 200, body: { discarded: 2 } }), [{}]);
    const words = ['quarantine', 'discard', 'q1', 'q2', '--domain', 'gp'];
    expect(await run(words, mesh.io)).toBe(2);
    expect(mesh.err()).toContain('Give --reason: it goes on the ledger with your name.');
    expect(await run([...words, '--reason', 'Sent again on Monday'], mesh.io)).toBe(0);
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/v1/quarantine/discards', '{"ids":["q1","q2"],"reason":"Sent again on Monday"}'],
    ]);
    expect(mesh.out()).toBe('2 discarded.\n');
  });

  it('says of which nothing is kept that could be taken in again', async () => {
    const result = { replayed: 1, published: 1, refused: 0, leftOut: 2 };
    const { mesh } = await domain(() => ({ status: 200, body: result }), [{}]);
    await run(['quarantine', 'replay', '--domain', 'gp', '--cause', 'MESH-2121'], mesh.io);
    expect(mesh.out().split('\n').slice(1)).toEqual([
      '2 left out: they stand for files that could not be read. Send the files again.',
      '',
    ]);
  });

  it('says how many wait for a row that they belong to', async () => {
    const result = { replayed: 2, published: 1, refused: 0, held: 1 };
    const { mesh } = await domain(() => ({ status: 200, body: result }), [{}]);
    await run(['quarantine', 'replay', '--domain', 'gp', '--cause', 'MESH-2232'], mesh.io);
    expect(mesh.out()).toBe(
      '2 taken in again: 1 published, 0 refused anew.\n' +
        '1 held: each waits for a row that it belongs to. Send that row.\n',
    );
  });

  it('says how many of those named are not open any more', async () => {
    const result = { replayed: 0, published: 0, refused: 0, settled: 1 };
    const { mesh } = await domain(() => ({ status: 200, body: result }), [{}]);
    await run(['quarantine', 'replay', 'q1', '--domain', 'gp'], mesh.io);
    expect(mesh.out()).toBe(
      '0 taken in again: 0 published, 0 refused anew.\n1 left out: not open any more.\n',
    );
  });

  it('replays what is named, and nothing unnamed', async () => {
    const result = { replayed: 2, published: 1, refused: 1 };
    const { mesh, seen } = await domain(() => ({ status: 200, body: result }), [{}]);
    expect(await run(['quarantine', 'replay', '--domain', 'gp'], mesh.io)).toBe(2);
    expect(await run(['quarantine', 'replay', 'q1', 'q2', '--domain', 'gp'], mesh.io)).toBe(0);
    expect(
      await run(['quarantine', 'replay', '--domain', 'gp', '--cause', 'MESH-2202'], mesh.io),
    ).toBe(0);
    expect(seen.map(({ body }) => body)).toEqual(['{"ids":["q1","q2"]}', '{"cause":"MESH-2202"}']);
    expect(mesh.out()).toContain('2 taken in again: 1 published, 1 refused anew.');
  });
});
