import type { FastifyReply } from 'fastify';

/** What every answer says of itself: it is what its type says, and is kept by nobody unless its handler allows that. */
export function safeHeaders(reply: FastifyReply): FastifyReply {
  reply.header('x-content-type-options', 'nosniff');
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  return reply;
}
