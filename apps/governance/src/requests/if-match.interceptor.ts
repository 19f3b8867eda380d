import { createHash } from 'node:crypto';
import { problem } from '@caremesh/platform';
import { Injectable, StreamableFile } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { from, map, switchMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { currentScope, readingWithin } from '../database/request-scope.js';
import { governanceErrors } from '../errors.js';
import { hold } from './held.js';

// /v1/<collection>/<id>: what a GET shows, and what every write below it is about.
const RESOURCE = /^\/v1\/(standards\/proposals|[a-z-]+)\/([A-Za-z0-9._-]+)/;
const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const READS = new Set(['GET', 'HEAD']);

/** The entity tag of a representation: a hash of its bytes, so that nobody has to keep a number for it. */
export function tagOf(body: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  return `"${hash.slice(0, 27)}"`;
}

/** Does the header's list name the tag? `*` names whatever there is. */
export function names(header: string, tag: string): boolean {
  const tags = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(tag);
}

/**
 * Answers carry an ETag, and a write that says what it is based on (If-Match) is refused if that is no
 * longer what stands (RFC 9110, 13.1.1). Compared twice: before anything is done, and again in the write's own
 * transaction, while what it is about is held still, so that of two writes based on the same thing one is refused.
 */
@Injectable()
export class IfMatchInterceptor implements NestInterceptor {
  readonly #http: HttpAdapterHost;

  constructor(http: HttpAdapterHost) {
    this.#http = http;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const path = request.url.split('?')[0] ?? '';
    const [resource, collection = '', id = ''] = RESOURCE.exec(path) ?? [];
    if (resource === undefined) return next.handle();
    const based = request.headers['if-match'];
    if (WRITES.has(request.method) && based !== undefined) {
      const refuseStale = () => this.#refuseStale(resource, request, based);
      const scope = currentScope();
      if (scope) {
        scope.before = async (em) => {
          await hold(em, collection, id);
          await readingWithin(em, refuseStale);
        };
      }
      return from(refuseStale()).pipe(switchMap(() => next.handle()));
    }
    if (!READS.has(request.method) || path !== resource) return next.handle();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(map((body: unknown) => tagged(request, reply, body)));
  }

  async #refuseStale(resource: string, { headers }: FastifyRequest, based: string): Promise<void> {
    const server = this.#http.httpAdapter.getInstance<FastifyInstance>();
    const { authorization = '' } = headers;
    const shown = await server.inject({ url: resource, headers: { authorization } });
    // What cannot be shown is for the write itself to refuse.
    if (shown.statusCode !== 200) return;
    if (!names(based, String(shown.headers['etag']))) throw problem(governanceErrors.stale);
  }
}

/** A file that streams by is not there to be hashed, and its own address is that of a question, not of a thing. */
function tagged(request: FastifyRequest, reply: FastifyReply, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || body instanceof StreamableFile) return body;
  const tag = tagOf(body);
  void reply.header('etag', tag);
  const known = request.headers['if-none-match'];
  if (known === undefined || !names(known, tag)) return body;
  void reply.status(304);
  return undefined;
}
