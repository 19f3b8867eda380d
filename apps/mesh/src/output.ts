import type { Command } from 'commander';
import { CliError, cliError, EXIT, meshErrors } from './errors.js';
import type { Io } from './io.js';

/** Options every verb has (declared once on the program). */
export type CommonOptions = { output: 'table' | 'json' | 'env'; as?: string; debug?: boolean };

/** The verb's own options together with the common ones. Call with the Command an action receives last. */
export function optionsOf<T extends object>(command: Command): T & CommonOptions {
  return command.optsWithGlobals<T & CommonOptions>();
}

/**
 * Prints an HTTP answer: with `-o json` its body unchanged, otherwise what `human` makes of it.
 * Progress never goes here: stdout is data.
 */
export function print<T>(
  io: Io,
  options: CommonOptions,
  reply: { text: string; body: T },
  human: (body: T) => string,
): void {
  if (options.output === 'json') io.stdout(withNewline(reply.text));
  else io.stdout(withNewline(printable([human(reply.body), ...nextPage(reply.body)].join('\n\n'))));
}

/** A list that goes on says so, and how: what is not shown must not look as if it were not there. */
function nextPage(body: unknown): string[] {
  const { items, next } = (body ?? {}) as { items?: unknown; next?: unknown };
  return Array.isArray(items) && typeof next === 'string' ? [`Next page: --cursor ${next}`] : [];
}

/** The same for a value that came from no HTTP answer (`mesh status`, `mesh contract lint`). */
export function printValue<T>(
  io: Io,
  options: CommonOptions,
  value: T,
  human: (value: T) => string,
): void {
  print(io, options, { text: JSON.stringify(value, null, 2), body: value }, human);
}

const UNPRINTABLE =
  /* eslint-disable-next-line no-control-regex -- they are what is looked for */
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/g;

/**
 * What others wrote, as a terminal may show it. A terminal obeys control characters, and turns text round where it is told to:
 * who proposes a version could so hide from a lead what it changes. Written out, as JSON would have them.
 * A carriage return that ends a line, as in CSV, hides nothing and stays.
 */
function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Left-aligned columns, two spaces apart; widths follow the content. No rows: the sentence `empty`. */
export function table(heads: string[], rows: unknown[][], empty = 'Nothing to show.'): string {
  if (rows.length === 0) return empty;
  const lines = [heads, ...rows].map((row) => row.map(cell));
  const widths = heads.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) => line.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `name  value` lines for one object. */
export function card(entries: [string, unknown][]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`).join('\n');
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.map(cell).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Anything thrown becomes what failed, why, what to do and a code; the exit code is returned. */
export function printError(
  io: Pick<Io, 'stdout' | 'stderr'> & { printed?: boolean },
  error: unknown,
  options: Partial<Pick<CommonOptions, 'output' | 'debug'>>,
): number {
  const known = asCliError(error);
  if (options.output === 'json') {
    // A failed check has printed what it found: standard output holds one document, never two.
    const found = known.body ?? (io.printed ? null : problemOf(known));
    if (found !== null) io.stdout(withNewline(found));
  }
  io.stderr(printable(`mesh: ${known.title}\n`));
  if (known.message !== known.title) io.stderr(indent('why', known.message));
  io.stderr(indent('fix', `${known.fix}  [${known.code}]`));
  if (options.debug) io.stderr(`${known.stack ?? ''}\n${String(stackOf(known.cause))}\n`);
  return known.exit;
}

/** A failure of the command itself in the shape that the mesh answers with (application/problem+json). */
function problemOf({ code, title, message, fix, exit }: CliError): string {
  const entry = Object.values(meshErrors).find((one) => one.code === code);
  const status = entry?.status ?? STATUSES[exit] ?? 500;
  const retriable = entry?.retriable ?? exit === EXIT.unavailable;
  const errors = [{ path: '', code, message, fix }];
  const type = `urn:caremesh:error:${code}`;
  return JSON.stringify({ type, title, status, code, detail: message, retriable, errors });
}

/** HTTP status of an error of the stack's, which has an exit code alone. */
const STATUSES: Record<number, number> = {
  [EXIT.checkFailed]: 422,
  [EXIT.usage]: 400,
  [EXIT.notAuthorised]: 401,
  [EXIT.notFound]: 404,
  [EXIT.unavailable]: 503,
};

function indent(label: string, text: string): string {
  return `  ${label}: ${printable(text.trimEnd()).replaceAll('\n', '\n       ')}\n`;
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : '';
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (isCoded(error)) {
    return new CliError({ ...error, detail: error.message }, { cause: error });
  }
  const path = unusablePath(error);
  if (path !== null) return cliError(meshErrors.unreadableFile, path, error);
  return cliError(
    meshErrors.unexpected,
    error instanceof Error ? error.message : String(error),
    error,
  );
}

/** What the file system says of a path that somebody gave: missing, not theirs, or a file where a folder is due. */
const PATH_FAULTS: Record<string, string> = {
  EACCES: 'may not be used by this user',
  EPERM: 'may not be used by this user',
  EEXIST: 'is a file where a folder is due',
  ENOTDIR: 'is a file where a folder is due',
  EISDIR: 'is a folder where a file is due',
  ENOENT: 'is missing',
  EROFS: 'lies where nothing can be written',
  ENOSPC: 'lies where there is no room left',
  ENAMETOOLONG: 'has a name that is too long',
};

/** Null if the error is about no path of a file or folder. */
function unusablePath(error: unknown): string | null {
  const { code, path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  // No folder is missed by whoever makes one: there the system takes none.
  if (code === 'ENOENT' && syscall === 'mkdir') return `${path} cannot be made.`;
  const fault = code === undefined ? undefined : PATH_FAULTS[code];
  return path === undefined || fault === undefined ? null : `${path} ${fault}.`;
}

/** Errors of the stack (infra/local) carry their own code, title, fix and exit code. */
function isCoded(
  error: unknown,
): error is Error & { code: string; title: string; fix: string; exit: number } {
  return (
    error instanceof Error &&
    'code' in error &&
    'title' in error &&
    'fix' in error &&
    'exit' in error &&
    typeof error.exit === 'number'
  );
}
