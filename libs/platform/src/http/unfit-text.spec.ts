import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callerOf } from '../auth/caller.js';
import { createLogger } from '../log/logger.js';
import { Allow, Open } from './permission.js';
import { createApp } from './start.js';
import { isFitText } from './unfit-text.js';

@Allow('*')
@Controller('notes')
class Notes {
  @Open()
  @Get('open/:id')
  open(@Param('id') id: string) {
    return { id };
  }

  @Get(':id')
  show(@Param('id') id: string, @Query() query: object) {
    return { id, ...query };
  }

  @Post()
  make(@Body() content: object) {
    return content;
  }

  @Post('landed/:source')
  @RouteConfig({ anyText: true })
  land(@Body() content: object) {
    return content;
  }
}

@Module({ controllers: [Notes] })
class Desk {}

const verifier = { verify: async () => callerOf({ sub: 'user-ann' }) };
const environment = { host: '127.0.0.1', port: 0, oidcIssuer: 'http://127.0.0.1:1' };
const headers = { authorization: 'Bearer a.b.c' };

let app: NestFastifyApplication;
let port: number;
const lines: string[] = [];

beforeAll(async () => {
  const log = createLogger('spec', 'trace', { write: (line) => void lines.push(line) });
  app = await createApp(Desk, { environment, name: 'spec', verifier }, log);
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
});
afterAll(() => app.close());

const get = (url: string) => app.inject({ url, headers });
const post = (url: string, payload: string) =>
  app.inject({
    ...{ method: 'POST', url, payload },
    headers: { ...headers, 'content-type': 'application/json' },
  });
const told = ({ statusCode, json }: Awaited<ReturnType<typeof get>>) => [
  statusCode,
  (json() as { code: string }).code,
];

describe('text that nobody could store', () => {
  it('in an address is nothing that is known', async () => {
    expect(told(await get('/notes/%00'))).toEqual([404, 'MESH-5111']);
    expect(told(await get('/notes/a%00b'))).toEqual([404, 'MESH-5111']);
    expect(told(await app.inject('/notes/open/%00'))).toEqual([404, 'MESH-5111']);
    expect((await get('/notes/a')).json()).toEqual({ id: 'a' });
  });

  it('in a query is refused where it stands', async () => {
    const answer = await get('/notes/a?q=x%00&r=1');
    expect(told(answer)).toEqual([422, 'MESH-5120']);
    expect(answer.json().errors).toEqual([
      {
        path: '$.q',
        code: 'MESH-5125',
        message: 'A text holds U+0000 or half a character.',
        fix: 'Send text of whole Unicode characters, without U+0000.',
      },
    ]);
    expect((await get('/notes/a?q=%F0%9F%92%8A')).json()).toEqual({ id: 'a', q: '💊' });
  });

  it('in a body is refused where it stands, names of fields included', async () => {
    const payload =
      '{"a": "x\\u0000", "b": [{"c": "\\ud800"}, "fine \\ud83d\\udc8a"], "d": {"\\u0000": 1}}';
    const answer = await post('/notes', payload);
    expect(told(answer)).toEqual([422, 'MESH-5120']);
    const { errors, detail } = answer.json() as { errors: { path: string }[]; detail: string };
    expect(errors.map(({ path }) => path)).toEqual(['$.a', '$.b[0].c', '$.d']);
    expect(detail).toBe('Not valid: 3 places');
  });

  it('in a body nested deeper than the stack is refused too', async () => {
    const answer = await post('/notes', `${'['.repeat(20_000)}"\\u0000"${']'.repeat(20_000)}`);
    expect(told(answer)).toEqual([422, 'MESH-5120']);
  });

  it('is looked for in a body of however many places', async () => {
    const many = await post('/notes', `[${'0,'.repeat(500_000)}0]`);
    expect([many.statusCode, many.body.length]).toEqual([201, 1_000_003]);
    const all = await post('/notes', `[${'"\\u0000",'.repeat(100_000)}0]`);
    expect([...told(all), all.json().errors.length]).toEqual([422, 'MESH-5120', 25]);
  });

  it('in a body that is taken as it comes is not looked for', async () => {
    const answer = await post('/notes/landed/feed', '{"a": "x\\u0000\\ud800"}');
    expect([answer.statusCode, answer.json()]).toEqual([201, { a: 'x\u0000\ud800' }]);
    expect(told(await post('/notes/landed/%00', '{}'))).toEqual([404, 'MESH-5111']);
  });

  it.each(['/notes', '/notes/landed/feed'])(
    'has a body nested too deep for company, at %s',
    async (url) => {
      const nested = (levels: number, open: string, close: string) =>
        post(url, `${open.repeat(levels)}1${close.repeat(levels)}`);
      for (const [open, close, step] of [
        ['[', ']', '[0]'],
        ['{"a":', '}', '.a'],
      ] as const) {
        expect((await nested(200, open, close)).statusCode).toBe(201);
        const deep = await nested(100_000, open, close);
        expect(told(deep)).toEqual([422, 'MESH-5120']);
        expect(deep.json().errors).toEqual([
          {
            path: `$${step.repeat(200)}`,
            code: 'MESH-5135',
            message: 'A value is nested too deep.',
            fix: 'Send it in at most 200 levels.',
          },
        ]);
      }
    },
  );

  it('is no business of a stranger', async () => {
    expect(told(await app.inject('/notes/%00'))).toEqual([401, 'MESH-5201']);
  });

  it('is any with U+0000 or a surrogate alone, and no other', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 });
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCharCode(...codes);
        const survives = Buffer.from(text, 'utf8').toString('utf8') === text;
        expect(isFitText(text)).toBe(survives && !codes.includes(0));
      }),
    );
  });
});

/** What the server writes back to bytes that are no request an HTTP client would send. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

const SAID = 'said-by-somebody';
const problemIn = (answer: string) => {
  const [head = '', text = ''] = answer.split('\r\n\r\n');
  const { status, code } = JSON.parse(text) as { status: number; code: string };
  expect(head.toLowerCase()).toContain('content-type: application/problem+json; charset=utf-8');
  expect(head.toLowerCase()).toContain(`content-length: ${Buffer.byteLength(text)}`);
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(answer).not.toContain(SAID);
  return [status, code];
};

describe('what is refused before any route is found', () => {
  it.each([
    ['an address that cannot be read', `/notes/%FF${SAID}`, [400, 'MESH-5110']],
    ['an address too long in one part', `/notes/${SAID}${'x'.repeat(8_000)}`, [414, 'MESH-5126']],
  ])('%s is told as any other problem, without the address', async (_, url, expected) => {
    lines.length = 0;
    const answer = await app.inject({ url, headers });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect([...told(answer), answer.json().status]).toEqual([...expected, expected[0]]);
    expect(answer.body + lines.join('')).not.toContain(SAID);
  });

  it.each([
    [
      'headers too large',
      `GET /notes/a HTTP/1.1\r\nhost: a\r\nx-said: ${SAID}${'x'.repeat(20_000)}\r\n\r\n`,
      [431, 'MESH-5127'],
    ],
    ['what is no HTTP', `${SAID}\r\n\r\n`, [400, 'MESH-5110']],
    ['a header that is none', `GET / HTTP/1.1\r\n${SAID} \r\n\r\n`, [400, 'MESH-5110']],
  ])('%s: the same, and the connection ends', async (_, text, expected) => {
    expect(problemIn(await raw(text))).toEqual(expected);
  });

  it.each([
    ['no Host', 'GET /notes/open/a HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['no Host for a stranger', 'GET /notes/a HTTP/1.1\r\nconnection: close\r\n\r\n'],
  ])('a request with %s is told so', async (_, text) => {
    expect(problemIn(await raw(text))).toEqual([400, 'MESH-5110']);
  });

  it.each([
    ['HTTP/1.0', 'GET /notes/open/a HTTP/1.0\r\n\r\n'],
    [
      'an expectation that nobody knows',
      'GET /notes/open/a HTTP/1.1\r\nhost: a\r\nexpect: much\r\nconnection: close\r\n\r\n',
    ],
  ])('a request of %s is one like any other', async (_, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 200 /u);
  });
});
