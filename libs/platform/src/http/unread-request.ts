import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyReply, FastifyRequest } from 'fastify';

import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';
import type { ErrorEntry } from '../faults/problem.js';
import { answerProblem, asProblem } from './problem-filter.js';
import { safeHeaders } from './safe-headers.js';

/**
 * Answers what the server refuses before any route is found: an address that cannot be read, or a part of it that is
 * too long. Fastify's own answer repeats the address, which may hold what somebody wrote there.
 */
export function answerUnrouted(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  // No hook has run, nor will any.
  answerProblem(safeHeaders(reply), asProblem(error));
}

const ENTRY_OF_CODE: Record<string, ErrorEntry> = {
  HPE_HEADER_OVERFLOW: platformErrors.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: platformErrors.requestTooSlow,
};

/** Answers what is no request that Node can read, and closes the connection; there is no reply to write to yet. */
export function answerUnread(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const found = problem(ENTRY_OF_CODE[error.code ?? ''] ?? platformErrors.badRequest);
  const text = JSON.stringify(found);
  const head = [
    `HTTP/1.1 ${found.status} ${STATUS_CODES[found.status]}`,
    `content-length: ${Buffer.byteLength(text)}`,
    'content-type: application/problem+json; charset=utf-8',
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  socket.destroy(error);
}
