import 'reflect-metadata';

import type { Server } from 'node:http';

import { Module } from '@nestjs/common';
import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { RefusedSignIns } from '../auth/refused-sign-ins.js';
import type { LedgerWriter } from '../auth/refused-sign-ins.js';
import { TokenVerifier } from '../auth/verify.js';
import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';
import { createLogger } from '../log/logger.js';
import type { Logger } from '../log/logger.js';
import { BearerGuard, SignIn } from './guard.js';
import type { Verifier } from './guard.js';
import { Health, HealthController } from './health.js';
import { takeJson } from './json-body.js';
import { refuseUndeclaredRoutes } from './closed-routes.js';
import { ProblemFilter } from './problem-filter.js';
import { safeHeaders } from './safe-headers.js';
import { onStop, stopOnSignal } from './stop.js';
import { TakenMethods } from './taken-methods.js';
import { answerUnread, answerUnrouted } from './unread-request.js';

const API_AUDIENCE = 'mesh-api';
const MEGABYTE = 1_048_576;
/** From the first byte of a request to its last: who sends one now and then holds a connection for no longer. */
const REQUEST_MS = 15 * 60_000;

/** What `startHttp` needs of a service's environment. */
export type HttpEnvironment = {
  host: string;
  port: number;
  oidcIssuer: string;
  logLevel?: string;
};

/**
 * `prepare` runs before the first request: content types, hooks, work that must be done first. `ledger` is how
 * the service writes down how many sign-ins it refused.
 */
export type HttpOptions = {
  environment: HttpEnvironment;
  name: string;
  bodyLimit?: number;
  log?: Logger;
  verifier?: Verifier;
  prepare?: (app: NestFastifyApplication) => unknown;
  ledger?: (app: NestFastifyApplication) => LedgerWriter;
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on a route whose body may be read without sign-in. */
    open?: boolean;
    /** Set on a route that takes a body as it comes, whatever its texts hold. */
    anyText?: boolean;
  }
}

@Module({})
class Root {}

/**
 * Starts a service: Nest on Fastify with sign-in before every route, problems as problem+json, health,
 * and a graceful stop on SIGTERM and SIGINT. Resolves when it listens.
 * Throws MESH-5003 if a route does not say who may call it.
 */
export async function startHttp(
  module: Type | DynamicModule,
  options: HttpOptions,
): Promise<NestFastifyApplication> {
  const { environment, name } = options;
  const log = options.log ?? createLogger(name, environment.logLevel);
  const app = await createApp(module, options, log);
  stopOnSignal(app, log);
  await options.prepare?.(app);
  await app.listen(environment.port, environment.host);
  app.get(Health).setListening();
  log.info({ url: await app.getUrl() }, 'Listening');
  return app;
}

/** The service as `startHttp` makes it, not yet listening; `inject` works on it. */
export async function createApp(
  module: Type | DynamicModule,
  options: HttpOptions,
  log: Logger,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyLimit ?? MEGABYTE,
    // Fastify would wait for ever, Node for five minutes, in which half a gigabyte does not come through a practice's line.
    requestTimeout: REQUEST_MS,
    // Node would answer a request without it with nothing but a status.
    http: { requireHostHeader: false },
    // Kept-alive connections that do nothing would otherwise hold up the stop.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: answerUnrouted,
    clientErrorHandler: answerUnread,
  });
  const app = await NestFactory.create<NestFastifyApplication>(root(module), adapter, {
    logger: nestLogger(log),
    abortOnError: false,
    bodyParser: false,
  });
  takeJson(adapter.getInstance());
  const taken = new TakenMethods(adapter.getInstance());
  refuseUndeclaredRoutes(app);
  const refused = new RefusedSignIns(options.name);
  const signIn = new SignIn(options.verifier ?? verifierOf(options.environment), (code) =>
    refused.count(code),
  );
  if (options.ledger) {
    refused.start(options.ledger(app));
    onStop(app, () => refused.stop());
  }
  app.useGlobalGuards(new BearerGuard(app.get(Reflector), signIn));
  app.useGlobalFilters(new ProblemFilter(log, taken));
  addHooks(adapter.getInstance(), signIn);
  ignoreExpectations(adapter.getHttpServer<Server>());
  return app;
}

function verifierOf({ oidcIssuer: issuer }: HttpEnvironment): Verifier {
  return new TokenVerifier({ issuer, audience: API_AUDIENCE });
}

function addHooks(fastify: FastifyInstance, signIn: SignIn): void {
  // RFC 9112, section 3.2.
  fastify.addHook('onRequest', async ({ raw }) => {
    if (raw.httpVersion !== '1.1' || raw.headers.host !== undefined) return;
    throw problem(platformErrors.badRequest, 'The Host header is missing.');
  });
  // The guard runs after the body has been read; a stranger's body is not read at all.
  fastify.addHook('preParsing', async (request) => {
    if (!request.routeOptions.config.open && hasBody(request)) await signIn.callerOf(request);
  });
  fastify.addHook('onSend', async (_request, reply) => void safeHeaders(reply));
}

// RFC 9110, section 10.1.1, leaves it to the server whether it refuses an expectation that it does not know; Node's refusal has no body.
function ignoreExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

function hasBody({ headers }: FastifyRequest): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) > 0;
}

function root(module: Type | DynamicModule): DynamicModule {
  return {
    module: Root,
    global: true,
    imports: [module],
    controllers: [HealthController],
    providers: [Health],
    exports: [Health],
  };
}

// Nest's own lines are about its insides: worth seeing when debugging, else only when they are bad.
function nestLogger(log: Logger): LoggerService {
  return {
    log: (message: unknown, context?: string) => log.trace({ context }, String(message)),
    debug: (message: unknown, context?: string) => log.trace({ context }, String(message)),
    verbose: (message: unknown, context?: string) => log.trace({ context }, String(message)),
    warn: (message: unknown, context?: string) => log.warn({ context }, String(message)),
    error: (message: unknown) => log.error(String(message)),
    fatal: (message: unknown) => log.fatal(String(message)),
  };
}
