import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { AnotherShape, AnsweredOtherwise, NoAnswer, NoGoodAnswer } from './no-good-answer.js';
import { Peer } from './peer.js';

type Asked = { line: string; headers: Record<string, string | undefined>; body: string };

let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;
const asked: Asked[] = [];
const shape = z.object({ stock: z.number() });

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization, accept, 'content-type': type } = request.headers;
      const headers = { authorization, accept, type };
      const line = `${request.method} ${request.url}`;
      asked.push({ line, headers, body: Buffer.concat(chunks).toString() });
      answer(response);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
afterEach(() => {
  vi.restoreAllMocks();
  asked.length = 0;
});

const answering = (status: number, body: string) => (response: ServerResponse) =>
  void response.writeHead(status).end(body);
const peer = (tokens = { token: async () => 'own' }) =>
  new Peer({ name: 'The store', url, tokens });
/** What is thrown, to be looked at. */
const thrown = (work: Promise<unknown>): Promise<NoGoodAnswer> =>
  work.then(
    () => expect.unreachable('a good answer'),
    (error: unknown) => error as NoGoodAnswer,
  );

it('asks with a token of its own, and reads the answer in its shape', async () => {
  answer = answering(200, '{"stock":3,"more":true}');
  expect(await peer().ask('/v1/stock?of=a%20b', { shape })).toEqual({ stock: 3 });
  const headers = { authorization: 'Bearer own', accept: 'application/json', type: undefined };
  expect(asked).toEqual([{ line: 'GET /v1/stock?of=a%20b', headers, body: '' }]);
});

it('sends JSON by POST unless by another method, and reads no answer without a shape', async () => {
  answer = answering(201, 'no JSON');
  const json = { said: 'é' };
  expect(await peer().ask('/v1/notes', { json })).toBeUndefined();
  await peer().ask('/v1/notes', { method: 'PUT', json });
  const headers = {
    authorization: 'Bearer own',
    accept: 'application/json',
    type: 'application/json',
  };
  const body = '{"said":"é"}';
  expect(asked).toEqual([
    { line: 'POST /v1/notes', headers, body },
    { line: 'PUT /v1/notes', headers, body },
  ]);
});

it('asks for somebody else with their authorization alone, even where that says nothing', async () => {
  answer = answering(200, '');
  const token = vi.fn(async () => 'own');
  const given = [
    { authorization: 'Bearer theirs' },
    { authorization: '' },
    { authorization: undefined },
  ];
  for (const one of given) await peer({ token }).ask('/v1/stock', one);
  expect(asked.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer theirs',
    '',
    'undefined',
  ]);
  expect(token).not.toHaveBeenCalled();
});

it.each([304, 404, 503])('says with which status it was answered otherwise: %i', async (status) => {
  answer = answering(status, '{"stock":3}');
  const error = await thrown(peer().ask('/v1/stock', { shape }));
  expect(error).toBeInstanceOf(AnsweredOtherwise);
  const { message, why, code, cause } = error;
  expect({ message, why, code, cause, status: (error as AnsweredOtherwise).status }).toEqual({
    message: `The store answered ${status}`,
    why: `it answered ${status}`,
    code: undefined,
    cause: undefined,
    status,
  });
});

it.each(['{"stock":"3"}', 'no JSON', ''])('tells an answer of another shape: %o', async (body) => {
  answer = answering(200, body);
  const error = await thrown(peer().ask('/v1/stock', { shape }));
  expect(error).toBeInstanceOf(AnotherShape);
  expect(error.why).toBe('its answer has another shape');
  expect(error.cause).toBeUndefined();
});

it('takes an answer that breaks off for one of another shape', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-length': 20 });
    response.write('{"stock":3', () => response.destroy());
  };
  expect(await thrown(peer().ask('/v1/stock', { shape }))).toBeInstanceOf(AnotherShape);
});

it('says that nobody answered, and why', async () => {
  answer = (response) => response.destroy();
  const error = await thrown(peer().ask('/v1/stock'));
  expect(error).toBeInstanceOf(NoAnswer);
  const { message, why, code, cause } = error;
  expect({ message, why, code }).toEqual({
    message: 'fetch failed',
    why: 'it gives no answer',
    code: undefined,
  });
  expect(cause).toBeInstanceOf(TypeError);
});

it('waits five seconds from when it has its token', async () => {
  const late = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
  const over = new DOMException('over', 'TimeoutError');
  answer = () => late.abort(over);
  const token = async () => {
    expect(timeout).not.toHaveBeenCalled();
    return 'own';
  };
  const error = await thrown(peer({ token }).ask('/v1/stock'));
  expect(timeout.mock.calls).toEqual([[5_000]]);
  expect(error).toBeInstanceOf(NoAnswer);
  expect(error).toMatchObject({ message: 'over', code: over.code, cause: over });
});

it('throws what the tokens throw as it is, and asks nothing', async () => {
  const refused = new Error('refused');
  const token = () => Promise.reject(refused);
  expect(await thrown(peer({ token }).ask('/v1/stock'))).toBe(refused);
  expect(asked).toEqual([]);
});
