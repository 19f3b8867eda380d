import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Provider } from 'oidc-provider';

/**
 * Hands the three public addresses of the provider to the library: discovery, keys and token. All else
 * the library could answer (sign-in pages, registration, introspection) has no route here.
 */
export async function mountProvider(
  fastify: FastifyInstance,
  provider: Provider,
  issuer: string,
): Promise<void> {
  const answer: (req: IncomingMessage, res: ServerResponse) => unknown = provider.callback();
  const { host } = new URL(issuer);
  const handOver = (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    // The library builds the addresses it publishes from this header, which anybody can set.
    request.raw.headers.host = host;
    void answer(request.raw, reply.raw);
  };
  await fastify.register(async (scope) => {
    // The library reads the body itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.get('/.well-known/openid-configuration', handOver);
    scope.get('/jwks', handOver);
    // Whoever asks for a token has none yet.
    scope.post('/token', { config: { open: true } }, handOver);
  });
}
