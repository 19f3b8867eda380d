import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { run } from '../program.js';
import { memoryIo } from './memory-io.js';

type Asked = { method: string; url: string; body: unknown };

let server: Server | undefined;

/** A governance (and output ports, and disclosure) that answers every call the same, or each by its method, and a mesh command that asks it. */
export async function meshAnswering(
  answer: object | Buffer,
  status: number | ((method: string) => number) = 200,
) {
  const asked: Asked[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const body: unknown = text === '' ? null : JSON.parse(text);
      asked.push({ method: request.method ?? '', url: request.url ?? '', body });
      const { method = '' } = request;
      const code = typeof status === 'number' ? status : status(method);
      response.writeHead(code).end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server?.once('listening', done));
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const components = ['output-ports', 'disclosure'].map((name) => ({
    name,
    status: 'ready',
    port,
  }));
  const memory = memoryIo({ MESH_TOKEN: 'a.b.c' });
  memory.keep('status.json', { mode: 'test', governance: { url }, domains: [], components });
  return { ...memory, asked, mesh: (...line: string[]) => run(line, memory.io) };
}

/** Closes what the last `meshAnswering` opened. */
export function stopAnswering(): Promise<unknown> {
  return new Promise((done) => (server ? server.close(done) : done(null)));
}
