import { CliError, EXIT, cliError, meshErrors } from './errors.js';

/** An HTTP answer: `text` is the body as received (printed by `-o json`), `body` the same parsed. */
export type Reply<T> = { status: number; text: string; body: T; headers: Headers };

/** The body of a GET as it comes. */
export async function bodyOf(url: string, authorization: string): Promise<ReadableStream> {
  const response = await reach(url, { headers: { authorization } });
  if (!response.ok || !response.body) throw refusal(response.status, await response.text());
  return response.body;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((error: unknown) => {
    const { origin } = new URL(url);
    const cause = networkCauseOf(error);
    if (cause) throw cliError(meshErrors.unreachable, `${origin}: ${reasonOf(cause)}`, error);
    // It was never sent. What is said of a header repeats the header, so neither that nor its stack is kept.
    throw cliError(meshErrors.unexpected, `${origin}: no such request can be made.`);
  });
}

/** Why the network failed; null if fetch did not come as far, and threw of itself. */
function networkCauseOf(error: unknown): Error | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'TimeoutError') return new Error(`no answer within ${PATIENCE_MS / 1_000} s`);
  return error.cause instanceof Error ? error.cause : null;
}

/** What is only read, or asked of identity, is there at once; a part that hangs is found by the supervisor within a minute. */
const PATIENCE_MS = 30_000;

/**
 * One request without a token of its own: `api` and the sign-in are built on it. What is read is waited for for half a minute, and what is done
 * for as long as it takes. Throws MESH-6504 where no answer comes.
 */
export async function request<T>(url: string, init: RequestInit): Promise<Reply<T>> {
  const isRead = (init.method ?? 'GET') === 'GET';
  const signal = isRead ? AbortSignal.timeout(PATIENCE_MS) : null;
  const response = await reach(url, { signal, ...init });
  const text = await response.text().catch((error: unknown) => {
    throw cliError(meshErrors.unreachable, `${new URL(url).origin}: the answer broke off.`, error);
  });
  if (!response.ok) throw refusal(response.status, text);
  return { status: response.status, text, body: parse(text) as T, headers: response.headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function reasonOf({ message, name }: Error): string {
  return message || name;
}

/** Turns a problem+json answer into the error a user reads; the exit code follows the HTTP status. */
function refusal(status: number, text: string): CliError {
  const problem = parse(text) as Partial<ProblemBody> | string;
  const body = typeof problem === 'object' && problem !== null ? problem : {};
  const exit = exitOf(status);
  const { errors = [] } = body;
  const title = body.title ?? meshErrors.refused.title;
  const only = errors.length === 1 ? errors[0]?.fix : undefined;
  const fix = body.fix ?? only ?? adviceFor(status);
  const why = body.detail ?? `HTTP ${status}`;
  // The title is said already; where fields are named, they are why.
  const said = errors.length > 0 && why === title ? [] : [why];
  const detail = [...said, ...errors.map((error) => fieldLines(error, fix))].join('\n');
  return new CliError(
    { code: body.code ?? meshErrors.refused.code, title, detail, fix, exit },
    { body: text },
  );
}

type ProblemBody = {
  code: string;
  title: string;
  detail: string;
  fix: string;
  errors: { path: string; code: string; message: string; fix: string }[];
};

/** What is wrong with a field, and under it what to do, where that is not said of the whole. */
function fieldLines(error: ProblemBody['errors'][number], ofWhole: string): string {
  const line = `${error.path || '(whole)'}: ${error.message} [${error.code}]`;
  return error.fix && error.fix !== ofWhole ? `${line}\n  fix: ${error.fix}` : line;
}

/** 0 ok, 1 check failed, 3 not authorised, 4 not found, 5 unavailable. */
export function exitOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.notAuthorised;
  if (status === 404) return EXIT.notFound;
  return status >= 500 || status === 429 ? EXIT.unavailable : EXIT.checkFailed;
}

function adviceFor(status: number): string {
  if (status === 401) return meshErrors.noIdentity.fix;
  if (status === 403) return 'Sign in as somebody whose role allows this.';
  if (status === 404) return 'Check the id; an object you may not see is answered the same way.';
  if (status === 409) return 'It changed meanwhile: show it again, then decide.';
  return status >= 500 ? meshErrors.unreachable.fix : 'Mend what is named above and send it again.';
}
