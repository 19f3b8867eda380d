import type { FastifyInstance, FastifyRequest } from 'fastify';

type Route = { address: RegExp; methods: string[] };

/** Which methods an address takes, by the routes that are declared after this is made. */
export class TakenMethods {
  readonly #routes: Route[] = [];

  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ method, url }) => {
      this.#routes.push({ address: addressOf(url), methods: [method].flat() });
    });
  }

  /** Those of the address of a request, such as `['GET', 'HEAD']`, each once and sorted; none where no route has it. */
  of({ url }: Pick<FastifyRequest, 'url'>): string[] {
    const path = url.replace(/[?#].*$/su, '');
    const taken = this.#routes.filter(({ address }) => address.test(path));
    return [...new Set(taken.flatMap(({ methods }) => methods))].toSorted();
  }
}

// Of the router's patterns the mesh declares names of whole parts (`:id`) and nothing else.
function addressOf(pattern: string): RegExp {
  const parts = pattern.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : literal(part)));
  return new RegExp(`^${parts.join('/')}$`, 'u');
}

function literal(part: string): string {
  return part.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
