import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../program.js';
import { memoryIo } from '../spec/memory-io.js';

let server: Server | undefined;
afterEach(() => new Promise((done) => (server ? server.close(done) : done(null))));

const major = {
  ...{ product: 'gp.x', major: 1, topic: 'gp.x.v1', status: 'deprecated' },
  noticeUntil: '2027-02-01T00:00:00.000Z',
  steps: [],
  consumers: [
    {
      ...{ grant: 'abcdefgh', organisation: 'QUY', purpose: 'audit', requestedBy: 'user-analyst' },
      lastReadAt: null,
    },
  ],
  parity: [
    {
      ...{ product: 'gp.x', from: 1, to: 2, countedAt: '2026-11-25T12:00:00.000Z' },
      ...{ liveFrom: 12, liveTo: 11, onlyInFrom: 1, onlyInTo: 0, inBoth: 11 },
      fields: [
        { field: 'status', agree: 11 },
        { field: 'dose', agree: 7 },
      ],
    },
  ],
};

async function meshAnswering(answer: object) {
  const asked: unknown[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      asked.push([request.method, request.url, text === '' ? null : JSON.parse(text)]);
      response.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server?.once('listening', done));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const memory = memoryIo({ MESH_TOKEN: 'a.b.c' });
  memory.keep('status.json', { mode: 'test', governance: { url }, domains: [], components: [] });
  return { ...memory, asked, mesh: (...line: string[]) => run(line, memory.io) };
}

describe('mesh product', () => {
  it.each([
    [
      ['deprecate', 'gp.x', '--major', '1', '--notice-until', '2027-01-31', '--reason', 'Codes'],
      [
        'POST',
        '/v1/products/gp.x/majors/1/deprecate',
        { reason: 'Codes', noticeUntil: '2027-01-31' },
      ],
    ],
    [
      ['retire', 'gp.x', '--major', '1', '--reason', 'All moved'],
      ['POST', '/v1/products/gp.x/majors/1/retire', { reason: 'All moved' }],
    ],
    [
      ['approve', 'gp.x', '--major', '1', '--step', 'retire', '--reason', 'Yes'],
      [
        'POST',
        '/v1/products/gp.x/majors/1/decisions',
        { decision: 'approve', step: 'retire', reason: 'Yes' },
      ],
    ],
    [
      ['major', 'gp.x', '1'],
      ['GET', '/v1/products/gp.x/majors/1', null],
    ],
  ])('%j asks governance', async (line, call) => {
    const { mesh, asked, out } = await meshAnswering(major);
    expect(await mesh('product', ...line)).toBe(0);
    expect(asked).toEqual([call]);
    expect(out()).toMatch(/QUY +abcdefgh +audit +user-analyst +never seen/);
    expect(out()).toContain('2027-02-01T00:00:00.000Z');
  });

  it('says that there are others, where it is not told who', async () => {
    const { mesh, out } = await meshAnswering({ ...major, consumers: [], others: 2 });
    expect(await mesh('product', 'major', 'gp.x', '1')).toBe(0);
    expect(out()).toMatch(/other consumers +2/);
    expect(out()).toContain('None that you are told of.');
    expect(out()).not.toContain('Nobody reads it.');
  });

  it('parity prints the counts, and only the fields that differ', async () => {
    const { mesh, out } = await meshAnswering({ items: major.parity, next: null });
    expect(await mesh('product', 'parity', 'gp.x')).toBe(0);
    expect(out()).toMatch(/v1 and v2 +2026-11-25T12:00:00.000Z +12 +11 +11 +1 +0/);
    expect(out()).toMatch(/dose +7 of 11/);
    expect(out()).not.toContain('status');
  });
});
