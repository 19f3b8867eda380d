import { asProblem, problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { inScope } from '../database/request-scope.js';
import type { RequestScope } from '../database/request-scope.js';
import { governanceErrors } from '../errors.js';
import { Answers, fingerprintOf } from './answers.js';
import type { Keyed } from './answers.js';

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const KEY = /^[\x21-\x7e]{1,200}$/;

/**
 * A POST with an Idempotency-Key is carried out once; who asks again gets the answer that was given. A failure is such an
 * answer too where something had been committed before it; where nothing was, the request may be tried again.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & { caller?: Caller }>();
    if (!WRITES.has(request.method)) return next.handle();
    const scope: RequestScope = { before: null, committed: false, within: null };
    const work = () =>
      inScope(scope, () =>
        lastValueFrom<unknown, unknown>(next.handle(), { defaultValue: undefined }),
      );
    const header = request.headers['idempotency-key'];
    if (request.method !== 'POST' || header === undefined || !request.caller) return from(work());
    const key = String(header);
    if (!KEY.test(key)) throw problem(governanceErrors.badKey);
    const fingerprint = fingerprintOf(request.method, request.url, request.body);
    const keyed = { caller: request.caller.sub, key, fingerprint };
    return from(this.#once(keyed, scope, http.getResponse<FastifyReply>(), work));
  }

  async #once(
    keyed: Keyed,
    scope: RequestScope,
    reply: FastifyReply,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const given = await this.#answers.begin(keyed);
    if (given) {
      void reply.status(given.status).header('idempotent-replayed', 'true');
      if (given.status >= 400) void reply.header('content-type', 'application/problem+json');
      return given.body;
    }
    try {
      const body = await work();
      await this.#answers.keep(keyed, reply.statusCode, hasSecret(body) ? null : (body ?? {}));
      return body;
    } catch (error) {
      const found = asProblem(error);
      if (scope.committed) await this.#answers.keep(keyed, found.status, found.toJSON());
      else await this.#answers.release(keyed);
      throw error;
    }
  }
}

/** Shown once, by its own promise: a copy kept here would break it. */
function hasSecret(body: unknown): boolean {
  return typeof (body as { clientSecret?: unknown } | null)?.clientSecret === 'string';
}
