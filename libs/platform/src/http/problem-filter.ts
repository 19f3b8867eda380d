import { Catch, HttpException, NotFoundException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { isDatabaseAway, stateOf } from '../db/away.js';
import { platformErrors } from '../errors.js';
import { Problem, problem } from '../faults/problem.js';
import type { ErrorEntry } from '../faults/problem.js';
import type { Logger } from '../log/logger.js';
import type { TakenMethods } from './taken-methods.js';

const ENTRY_OF_STATUS: Record<number, ErrorEntry> = {
  400: platformErrors.badRequest,
  401: platformErrors.noToken,
  403: platformErrors.notAllowed,
  404: platformErrors.notFound,
  405: platformErrors.methodNotAllowed,
  409: platformErrors.conflict,
  413: platformErrors.tooLarge,
  414: platformErrors.addressTooLong,
  415: platformErrors.unsupportedType,
  422: platformErrors.invalidContent,
  429: platformErrors.tooManyRequests,
  503: platformErrors.notReady,
};

/**
 * Turns whatever a handler, the framework or the server throws into `application/problem+json`.
 * What is not on the closed list answers 500 without a word of its message, and is logged.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Logger;
  readonly #taken: TakenMethods;

  constructor(log: Logger, taken: TakenMethods) {
    this.#log = log;
    this.#taken = taken;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const taken = isUnrouted(error, request) ? this.#taken.of(request) : [];
    const found = taken.length ? problem(platformErrors.methodNotAllowed) : asProblem(error);
    this.#report(error, found, request);
    // RFC 9110, section 15.5.6: whoever is answered 405 is told which methods there are.
    if (taken.length) reply.header('allow', taken.join(', '));
    answerProblem(reply, found);
  }

  // The route's pattern, not its address: an address could hold an identifier.
  #report(error: unknown, found: Problem, request: FastifyRequest): void {
    const where = { method: request.method, route: request.routeOptions?.url };
    if (isOfGoneSender(error, request)) return this.#log.info(where, GONE);
    const line = { code: found.code, ...where };
    // The value was a caller's; that nobody refused it earlier is for whoever looks after the route.
    if (isUnstorable(error)) return this.#log.warn({ ...line, state: stateOf(error) }, found.title);
    if (found.status < 500) return this.#log.debug(line, found.title);
    this.#log.error({ ...line, err: found === error ? found.cause : error }, found.title);
  }
}

/** No route was found for the request; a handler that does not find something has one. */
function isUnrouted(error: unknown, { routeOptions }: FastifyRequest): boolean {
  return error instanceof NotFoundException && routeOptions?.url === undefined;
}

const GONE = 'The sender went away before its request had come whole';

/**
 * The body broke off with its connection: nothing is wrong here, and nobody is there to be answered. The error is the body's own:
 * a service that lost something itself ends the body too.
 */
function isOfGoneSender(error: unknown, { raw }: FastifyRequest): boolean {
  const { errored } = raw ?? {};
  if (!(error instanceof Error) || !errored) return false;
  return error === errored || error.cause === errored;
}

/** Answers with a problem, in whatever the request failed. */
export function answerProblem(reply: FastifyReply, found: Problem): void {
  if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
  if (found.status === 401) reply.header('www-authenticate', 'Bearer');
  if (found.status === 503) reply.header('retry-after', '1');
  reply
    .status(found.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(found));
}

/** The problem that an error of any origin stands for. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isUnstorable(error)) return problem(platformErrors.invalidContent, undefined, [], error);
  const entry = isDatabaseAway(error)
    ? platformErrors.notReady
    : ENTRY_OF_STATUS[statusOf(error) ?? 500];
  return problem(entry ?? platformErrors.unexpected, undefined, [], error);
}

// Fastify marks what it refuses itself (too large, wrong type, malformed) by a status below 500.
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error)) return undefined;
  const { statusCode, code } = error as Error & { statusCode?: number; code?: unknown };
  return typeof code === 'string' && code.startsWith('FST_') ? statusCode : undefined;
}

// PostgreSQL: a number out of range, no time, one out of range, no text of the encoding, no value of the type, a character it
// does not keep.
const UNSTORABLE: ReadonlySet<string | undefined> = new Set([
  '22003',
  '22007',
  '22008',
  '22021',
  '22P02',
  '22P05',
]);

/** The database could not take a value for what it is, whatever was to be done with it. */
function isUnstorable(error: unknown): boolean {
  return UNSTORABLE.has(stateOf(error));
}
