import { once } from 'node:events';
import { request as send } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

import { Controller, Module, Post, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { callerOf } from '../auth/caller.js';
import { createLogger } from '../log/logger.js';
import { Allow } from './permission.js';
import { createApp } from './start.js';

let begun = () => undefined as void;

@Allow('*')
@Controller()
class Uploads {
  /** Reads a body to its end, as it comes. */
  @Post('whole')
  async whole(@Req() { body }: FastifyRequest) {
    begun();
    let bytes = 0;
    for await (const part of body as AsyncIterable<Buffer>) bytes += part.length;
    return { bytes };
  }

  /** Loses what it needs itself while the body is still coming. */
  @Post('outage')
  async outage(@Req() { body }: FastifyRequest) {
    for await (const _ of body as AsyncIterable<Buffer>) {
      throw Object.assign(new Error('the database is gone'), { code: 'ECONNRESET' });
    }
  }

  @Post('json')
  json() {
    return {};
  }
}

@Module({ controllers: [Uploads] })
class Depot {}

const lines: string[] = [];
const log = createLogger('spec', 'info', { write: (line) => void lines.push(line) });
const verifier = { verify: () => Promise.resolve(callerOf({ sub: 'user-ann' })) };
const environment = { host: '127.0.0.1', port: 0, oidcIssuer: 'http://127.0.0.1:1' };

let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  app = await createApp(Depot, { environment, name: 'spec', verifier }, log);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  await app.listen(0, '127.0.0.1');
  port = ((app.getHttpServer() as Server).address() as AddressInfo).port;
});
afterAll(() => app.close());

/** Sends the first bytes of a body of a thousand. */
const beginning = (path: string, type: string) => {
  const headers = { authorization: 'Bearer x.y.z', 'content-type': type, 'content-length': 1_000 };
  const request = send({ port, host: '127.0.0.1', method: 'POST', path, headers });
  request.on('error', () => undefined);
  request.write('{"a":');
  return request;
};
const logged = async () => {
  await vi.waitFor(() => expect(lines).not.toEqual([]));
  return lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>);
};

it('is logged as gone, without a stack, where its upload ends too early', async () => {
  const reading = new Promise<void>((resolve) => (begun = resolve));
  const request = beginning('/whole', 'application/octet-stream');
  await reading;
  request.destroy();
  expect(await logged()).toEqual([
    expect.objectContaining({
      ...{ level: 'info', method: 'POST', route: '/whole' },
      msg: 'The sender went away before its request had come whole',
    }),
  ]);
});

it('is logged so too where the framework reads the body', async () => {
  const request = beginning('/json', 'application/json');
  await once(request, 'socket');
  await vi.waitFor(() => expect(request.socket?.bytesWritten).toBeGreaterThan(0));
  setTimeout(() => request.destroy(), 50);
  const [line, ...others] = await logged();
  expect(others).toEqual([]);
  expect(line).toMatchObject({ level: 'info', route: '/json' });
  expect(line).not.toHaveProperty('err');
});

it('is not blamed for what the service itself lost meanwhile', async () => {
  const request = beginning('/outage', 'application/octet-stream');
  const [line] = await logged();
  request.destroy();
  expect(line).toMatchObject({ level: 'error', code: 'MESH-5101', route: '/outage' });
});
