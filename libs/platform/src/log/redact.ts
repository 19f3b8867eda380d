// An identifier of a person is ten digits, written alone or grouped 3-3-4. Longer runs are times in
// milliseconds or offsets and stay readable.
const TEN_DIGITS = /(?<![\d.])\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)/g;
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
// Of an aggregate (every broker refused) the first few tell enough, and of what they were made of the kind: with all of it one line of a
// client that tries three times at three levels had 20 kB, once a second while the broker was away.
const AGGREGATED = 3;
const DEEPEST = 2;
// From the first quotation mark to the last, of whatever kind: what is quoted may hold either. An apostrophe within a word is none.
const QUOTED = /(?<!\w)["'`][\s\S]*["'`](?!\w)/;

/** `text` without anything that looks like a person's identifier or a token. */
export function redactText(text: string): string {
  return text.replace(TOKEN, '[token]').replace(TEN_DIGITS, '[identifier]');
}

/**
 * One finished JSON log line, redacted. The line is parsed again only when something was found, so
 * that a number is replaced by a string and the line stays valid JSON.
 */
export function redactLine(line: string): string {
  if (line.search(TEN_DIGITS) < 0 && line.search(TOKEN) < 0) return line;
  return `${JSON.stringify(JSON.parse(line, redactValue))}\n`;
}

function redactValue(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'number' && redactText(String(value)) !== String(value)) {
    return '[identifier]';
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [redactText(key), one]))
    : value;
}

/**
 * What may be logged of an error. Libraries quote the offending value in their messages (a JSON
 * parser, a database), so quoted parts are masked; names, codes and the call path stay.
 */
export function printableError(error: unknown): Record<string, unknown> {
  return printed(error, 0, true);
}

function printed(error: unknown, depth: number, withStack: boolean): Record<string, unknown> {
  if (!isErrorLike(error)) return { type: typeof error };
  const { code, table, column, constraint } = error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    code,
    table,
    column,
    constraint,
    message: redactText(error.message.replace(QUOTED, '[…]')),
    stack: withStack ? frames.join('\n') : undefined,
    ...(depth < DEEPEST && {
      cause: error.cause === undefined ? undefined : printed(error.cause, depth + 1, withStack),
      errors: Array.isArray(error['errors'])
        ? error['errors'].slice(0, AGGREGATED).map((one) => printed(one, depth + 1, false))
        : undefined,
    }),
  };
}

// Not `instanceof`: an error may come from another realm (a worker, a test's sandbox).
function isErrorLike(value: unknown): value is Error & Record<string, unknown> {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}
