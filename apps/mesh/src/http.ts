import type { Io } from './io.js';
import { addresses, domainUrl, serviceUrl } from './addresses.js';
import { bodyOf, request, type Reply } from './request.js';
import { tokenFor } from './sign-in.js';

export type CallOptions = {
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is (files); set `content-type` in headers. FormData brings its own. */
  body?: string | Uint8Array | Blob | FormData | ReadableStream;
};

/** Calls one base URL as one person. Every answer that is not 2xx is thrown as a CliError. */
export type Api = {
  get<T>(path: string, query?: CallOptions['query']): Promise<Reply<T>>;
  post<T>(path: string, json?: unknown, headers?: CallOptions['headers']): Promise<Reply<T>>;
  send<T>(method: string, path: string, options?: CallOptions): Promise<Reply<T>>;
  /** The body of a GET as it comes, for what is too large to hold. */
  stream(path: string, query?: CallOptions['query']): Promise<ReadableStream>;
};

/** Governance, as the person of `--as` (development and test) or the bearer of MESH_TOKEN. */
export function api(io: Io, who: { as?: string }): Api {
  return apiOf(
    async () => (await addresses(io)).governance.url,
    () => tokenFor(io, who.as),
  );
}

/** A domain's own service (intake, quarantine). */
export function domainApi(io: Io, domain: string, who: { as?: string }): Api {
  return apiOf(
    () => domainUrl(io, domain),
    () => tokenFor(io, who.as),
  );
}

/** A service beside the domains, by its component name. */
export function serviceApi(io: Io, service: string, who: { as?: string }): Api {
  return apiOf(
    () => serviceUrl(io, service),
    () => tokenFor(io, who.as),
  );
}

function apiOf(base: () => Promise<string>, token: () => Promise<string>): Api {
  const send = async <T>(method: string, path: string, options: CallOptions = {}) =>
    request<T>(withQuery(await base(), path, options.query), {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
        authorization: `Bearer ${await token()}`,
      },
      body: options.json === undefined ? options.body : JSON.stringify(options.json),
    });
  return {
    send,
    stream: async (path, query) =>
      bodyOf(withQuery(await base(), path, query), `Bearer ${await token()}`),
    get: (path, query) => send('GET', path, { query }),
    post: (path, json, headers) => send('POST', path, { json: json ?? {}, headers }),
  };
}

function withQuery(base: string, path: string, query: CallOptions['query'] = {}): string {
  const url = new URL(path.replace(/^\//, ''), base.endsWith('/') ? base : `${base}/`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.toString();
}
