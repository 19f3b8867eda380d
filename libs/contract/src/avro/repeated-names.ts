const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;

/**
 * True if an object of a JSON text has a name twice: `JSON.parse` keeps the last of them and says nothing, and which one
 * was meant nobody knows (RFC 8259, 4; FHIR R4 forbids it). One look at each string and each value, no more.
 * @param value what `JSON.parse` made of the text: every name that it has fewer was there before.
 */
export const repeatsName = (text: string, value: unknown): boolean =>
  namesWritten(text) !== namesIn(value);

/** A string with a colon after it is a name, and nothing else is. */
function namesWritten(text: string): number {
  let names = 0;
  for (let start = text.indexOf('"'); start >= 0;) {
    let end = text.indexOf('"', start + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (text.charCodeAt(next) <= SPACE) next++;
    if (text.charCodeAt(next) === COLON) names++;
    start = text.indexOf('"', next);
  }
  return names;
}

/** After an odd number of backslashes a quote is part of the string. */
function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (quote - first) % 2 === 1;
}

/** Without recursion: a text of brackets alone is nested deeper than a stack is. */
function namesIn(value: unknown): number {
  let names = 0;
  const open: object[] = [];
  const keep = (child: unknown): void => {
    if (typeof child === 'object' && child !== null) open.push(child);
  };
  keep(value);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const child of next) keep(child);
      continue;
    }
    // All names that JSON.parse makes are the object's own.
    for (const name in next as Record<string, unknown>) {
      names++;
      keep((next as Record<string, unknown>)[name]);
    }
  }
  return names;
}
