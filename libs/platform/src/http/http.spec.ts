import type { Server } from 'node:http';

import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { callerOf } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';
import { createLogger } from '../log/logger.js';
import { body } from './body.js';
import { Health } from './health.js';
import { Allow, CallerOf, Open } from './permission.js';
import { createApp } from './start.js';
import { onStop, stop } from './stop.js';

/** An entry of a list that is not this library's. */
const shouting = {
  ...{ code: 'SHOP-1', status: 422, title: 'The title shouts', retriable: false },
  fix: 'Write it in small letters.',
};
const isQuiet = (text: string) => text !== text.toUpperCase();
const order = z.strictObject({
  title: z.string().refine(isQuiet, { error: shouting.title, params: { entry: shouting } }),
  lines: z.array(z.object({ count: z.number() })),
  size: z.enum(['s', 'm']).optional(),
});

const question = z.strictObject({ size: z.enum(['s', 'm']).optional(), q: z.string().optional() });

@Controller('things')
class Things {
  @Open()
  @Get('open')
  open() {
    return { hello: 'anybody' };
  }

  @Open()
  @Post('open')
  openPost(@Body() content: object) {
    return content;
  }

  @Allow('*')
  @Get('mine')
  mine(@CallerOf() caller: Caller) {
    return caller;
  }

  @Allow('lead', 'kind:service')
  @Post()
  make(@Body(body(order)) content: z.infer<typeof order>) {
    return content;
  }

  @Allow('lead')
  @Delete('mine')
  @HttpCode(204)
  remove() {
    return undefined;
  }

  @Open()
  @Get('found')
  found(@Query(body(question)) asked: object) {
    return asked;
  }

  @Open()
  @Get('of/:owner')
  of(@Param('owner') owner: string) {
    throw new NotFoundException(owner);
  }

  @Open()
  @Get('broken')
  broken() {
    throw new Error('secret detail about "Jane"');
  }
}

@Module({ controllers: [Things] })
class Shop {}

@Controller('forgotten')
class Forgotten {
  @Get()
  list() {
    return [];
  }
}

@Module({ controllers: [Forgotten] })
class Careless {}

// Tokens of this test are the subject and roles themselves; signatures are the verifier's own spec.
let checked = 0;
const verifier = {
  verify: async (token: string) => {
    checked += 1;
    const [sub, roles] = Buffer.from(token.split('.')[1] ?? '', 'base64url')
      .toString()
      .split('|');
    if (!sub) throw problem(platformErrors.badToken);
    return callerOf({ sub, roles: roles?.split(',') });
  },
};
const bearer = (text: string) => ({
  authorization: `Bearer x.${Buffer.from(text).toString('base64url')}.y`,
});

const lines: string[] = [];
const log = createLogger('spec', 'info', { write: (line) => void lines.push(line) });
const environment = { host: '127.0.0.1', port: 0, oidcIssuer: 'http://127.0.0.1:1' };
const noted: unknown[] = [];
const ledger = () => async (note: unknown) => void noted.push(note);
const start = (module: new () => unknown) =>
  createApp(module, { environment, name: 'spec', verifier, ledger }, log);

describe('an HTTP service', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await start(Shop);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());

  it('answers an open route without a token', async () => {
    const answer = await app.inject('/things/open');
    expect([answer.statusCode, answer.json()]).toEqual([200, { hello: 'anybody' }]);
  });

  it('asks for a token everywhere else', async () => {
    const answer = await app.inject('/things/mine');
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toEqual({
      type: 'urn:caremesh:error:MESH-5201',
      title: 'You are not signed in',
      status: 401,
      code: 'MESH-5201',
      detail: 'You are not signed in',
      fix: 'Send an access token in the header "Authorization: Bearer ...".',
      retriable: false,
      errors: [],
    });
  });

  it.each(['Basic abc', 'Bearer', 'Bearer not-a-token', 'Bearer a.b.c d'])(
    'refuses the header "%s"',
    async (authorization) => {
      const answer = await app.inject({ url: '/things/mine', headers: { authorization } });
      expect([answer.statusCode, answer.json().code]).toEqual([401, 'MESH-5202']);
    },
  );

  it('writes refused tokens to the ledger as a number, and a request without one not at all', async () => {
    const since = noted.length;
    for (const authorization of ['Bearer secret-token', 'Bearer x.fA.y']) {
      await app.inject({ url: '/things/mine', headers: { authorization } });
    }
    await app.inject('/things/mine');
    await vi.waitFor(() => expect(noted.length).toBeGreaterThan(since), { timeout: 5_000 });
    expect(noted.at(-1)).toMatchObject({
      action: 'sign-in.refused',
      object: 'service:spec',
      detail: { code: 'MESH-5202', from: expect.any(String) as string },
    });
    const counted = noted.map((note) => (note as { detail: { count: number } }).detail.count);
    expect(counted.reduce((sum, count) => sum + count)).toBe(6);
    expect(JSON.stringify(noted)).not.toContain('secret');
  });

  it('takes the type of a body that a removal does not have for nothing', async () => {
    const remove = (headers: object) =>
      app.inject({
        ...{ method: 'DELETE', url: '/things/mine' },
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await remove({})).json().code).toBe('MESH-5201');
    expect((await remove(bearer('user-ann|clerk'))).json().code).toBe('MESH-5204');
    expect((await remove(bearer('user-ann|lead'))).statusCode).toBe(204);
  });

  it('hands the caller to the handler', async () => {
    const answer = await app.inject({ url: '/things/mine', headers: bearer('domain-gp') });
    expect(answer.json()).toEqual({
      sub: 'domain-gp',
      kind: 'domain',
      name: 'gp',
      roles: [],
      organisation: null,
      team: null,
    });
  });

  it('refuses a caller without the role, naming what is needed', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/things',
      headers: bearer('user-ann|clerk'),
      payload: {},
    });
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'MESH-5204']);
    expect(answer.json().detail).toBe('One of these is needed: lead, kind:service');
  });

  it.each(['user-ann|lead', 'svc-shop|'])('lets %s in', async (who) => {
    const payload = { title: 'a', lines: [] };
    const answer = await app.inject({
      method: 'POST',
      url: '/things',
      headers: bearer(who),
      payload,
    });
    expect([answer.statusCode, answer.json()]).toEqual([201, payload]);
  });

  it('names every wrong place of a body and shows no value', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/things',
      headers: bearer('user-ann|lead'),
      payload: { lines: [{ count: 1 }, { count: 'many' }], size: 'Jane', 'odd one': 1 },
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors).toEqual([
      {
        path: '$.title',
        code: 'MESH-5121',
        message: 'A string is required here.',
        fix: 'Add the field.',
      },
      {
        path: '$.lines[1].count',
        code: 'MESH-5122',
        message: 'A number is expected here.',
        fix: 'Send the type named in the message.',
      },
      {
        path: '$.size',
        code: 'MESH-5124',
        message: 'Invalid option: expected one of "s"|"m"',
        fix: 'Send a value that the message describes.',
      },
      {
        path: '$["odd one"]',
        code: 'MESH-5123',
        message: 'This field is not known.',
        fix: 'Remove the field or correct its name.',
      },
    ]);
    expect(answer.body).not.toContain('Jane');
  });

  it('names the first hundred of however many, and how many they are', async () => {
    const lines = Array.from({ length: 1_000 }, () => ({ count: 'many' }));
    const answer = await app.inject({
      ...{ method: 'POST', url: '/things', headers: bearer('user-ann|lead') },
      payload: { title: 'a', lines },
    });
    const { detail, errors } = answer.json() as { detail: string; errors: { path: string }[] };
    expect([answer.statusCode, detail]).toEqual([422, 'Not valid: 1000 places']);
    expect(errors.map(({ path }) => path)).toEqual(
      Array.from({ length: 100 }, (_, at) => `$.lines[${at}].count`),
    );
  });

  it('waits a quarter of an hour for a request to come whole, and for its headers a minute', () => {
    const { requestTimeout, headersTimeout } = app.getHttpServer() as Server;
    expect([requestTimeout, headersTimeout]).toEqual([900_000, 60_000]);
  });

  it('refuses by the closed list of whoever wrote the rule, where that names an entry', async () => {
    const headers = bearer('user-ann|lead');
    const payload = { title: 'JANE', lines: [] };
    const answer = await app.inject({ method: 'POST', url: '/things', headers, payload });
    const { code, title: message, fix } = shouting;
    expect(answer.json().errors).toEqual([{ path: '$.title', code, message, fix }]);
    expect(answer.body).not.toContain('JANE');
  });

  it.each([
    ['malformed JSON', 'application/json', '{"title": Jane', 400, 'MESH-5110'],
    [
      'JSON of another charset',
      'application/json; charset=utf-16',
      '{"title":"x"}',
      415,
      'MESH-5114',
    ],
    [
      'JSON that is not UTF-8',
      'application/json',
      Buffer.from('{"title":"Jan\xe9"}', 'latin1'),
      400,
      'MESH-5110',
    ],
    ['an unknown content type', 'text/turtle', 'a b c', 415, 'MESH-5114'],
    ['text', 'text/plain', '{"title":"x","lines":[]}', 415, 'MESH-5114'],
    ['a body over the limit', 'application/json', `"${'x'.repeat(1_048_600)}"`, 413, 'MESH-5113'],
  ])('refuses %s without quoting it', async (_, type, payload, status, code) => {
    const headers = { ...bearer('user-ann|lead'), 'content-type': type };
    const answer = await app.inject({ method: 'POST', url: '/things', headers, payload });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.body).not.toContain('Jane');
  });

  it('names the place at which a body stops being JSON', async () => {
    const headers = { ...bearer('user-ann|lead'), 'content-type': 'application/json' };
    const payload = '{\n  "title": Jane\n}';
    const answer = await app.inject({ method: 'POST', url: '/things', headers, payload });
    expect([answer.statusCode, answer.json().detail]).toEqual([
      400,
      'The body is no JSON: line 2, column 12.',
    ]);
  });

  it('takes no object that has a name twice: which was meant nobody knows', async () => {
    const headers = { ...bearer('user-ann|lead'), 'content-type': 'application/json' };
    const payload = '{"title":"a","lines":[{"count":1,"count":2}],"title":"b"}';
    const answer = await app.inject({ method: 'POST', url: '/things', headers, payload });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'MESH-5120']);
    expect(answer.json().errors).toEqual(
      ['$.lines[0].count', '$.title'].map((path) => ({
        ...{ path, code: 'MESH-5123', message: 'This field is there more than once.' },
        fix: 'Remove the field or correct its name.',
      })),
    );
  });

  it('takes no name that would change what objects are made of', async () => {
    const headers = { ...bearer('user-ann|lead'), 'content-type': 'application/json' };
    const payload = '{"__proto__": {"admin": true}}';
    const answer = await app.inject({ method: 'POST', url: '/things', headers, payload });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'MESH-5110']);
  });

  it.each([
    ['malformed', '{"title": '],
    ['far too large', `"${'x'.repeat(1_048_600)}"`],
  ])('does not read a body of a stranger, be it %s', async (_, payload) => {
    const headers = { 'content-type': 'application/json' };
    for (const url of ['/things', '/nowhere']) {
      const answer = await app.inject({ method: 'POST', url, headers, payload });
      expect([answer.statusCode, answer.json().code]).toEqual([401, 'MESH-5201']);
    }
  });

  it('reads the body of an open route', async () => {
    const answer = await app.inject({ method: 'POST', url: '/things/open', payload: { a: 1 } });
    expect([answer.statusCode, answer.json()]).toEqual([201, { a: 1 }]);
  });

  it('checks the token of a request once', async () => {
    checked = 0;
    const headers = bearer('user-ann|lead');
    await app.inject({ method: 'POST', url: '/things', headers, payload: {} });
    expect(checked).toBe(1);
  });

  it('takes an empty part of a query as one that is not said', async () => {
    const asked = async (query: string) => {
      const answer = await app.inject({ url: `/things/found${query}` });
      return [answer.statusCode, answer.json<object>()];
    };
    expect(await asked('?size=&q=')).toEqual([200, {}]);
    expect(await asked('?size=m&q=')).toEqual([200, { size: 'm' }]);
    expect(await asked('?size=x')).toMatchObject([422, { code: 'MESH-5120' }]);
    expect(await asked('?colour=red')).toMatchObject([422, { errors: [{ path: '$.colour' }] }]);
  });

  it('answers an unknown address with a problem', async () => {
    const answer = await app.inject('/nowhere');
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'MESH-5111']);
  });

  it.each([
    ['PUT', '/things/open?size=m', 'GET, HEAD, POST'],
    ['POST', '/things/of/somebody', 'GET, HEAD'],
    ['GET', '/things', 'POST'],
  ] as const)('answers %s %s with the methods that it takes', async (method, url, allow) => {
    const answer = await app.inject({ method, url });
    expect([answer.statusCode, answer.json().code]).toEqual([405, 'MESH-5112']);
    expect(answer.headers.allow).toBe(allow);
  });

  it('finds nothing where a handler does not, whatever other methods its address takes', async () => {
    const answer = await app.inject('/things/of/nobody');
    expect([answer.statusCode, answer.headers.allow]).toEqual([404, undefined]);
  });

  it('says nothing about its own faults but logs where they happened', async () => {
    lines.length = 0;
    const answer = await app.inject('/things/broken');
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'MESH-5100']);
    expect(answer.body).not.toMatch(/Jane|secret/);
    const line = JSON.parse(lines.at(-1) ?? '{}') as { route: string; err: { stack: string } };
    expect(line.route).toBe('/things/broken');
    expect(line.err.stack).toContain('Things.broken');
    expect(lines.join('')).not.toContain('Jane');
  });

  it('is ready once it listens and waits for nothing', async () => {
    const health = app.get(Health);
    expect((await app.inject('/health/live')).statusCode).toBe(200);
    expect((await app.inject('/health/ready')).json()).toEqual({
      status: 'waiting',
      waitingFor: 'start',
    });
    health.setListening();
    health.setNotReady('approval');
    const waiting = await app.inject('/health/ready');
    expect([waiting.statusCode, waiting.json()]).toEqual([
      503,
      { status: 'waiting', waitingFor: 'approval' },
    ]);
    health.setReady();
    expect((await app.inject('/health/ready')).json()).toEqual({ status: 'ready' });
  });
});

it('a service with a route that does not say who may call it does not start', async () => {
  await expect(start(Careless)).rejects.toMatchObject({
    code: 'MESH-5003',
    detail: 'Forgotten.list',
  });
});

it('stops in the reverse order of what was opened, and lets no part hold up the others', async () => {
  const app = await start(Shop);
  await app.init();
  const closed: string[] = [];
  onStop(app, () => closed.push('database'));
  onStop(app, () => {
    throw new Error('cannot close');
  });
  onStop(app, async () => closed.push('relay'));
  await stop(app, log);
  expect(closed).toEqual(['relay', 'database']);
  expect(app.get(Health).waitingFor).toBe('stop');
});
