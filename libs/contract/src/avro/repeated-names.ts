const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * True if an object of a JSON text has a name twice: `JSON.parse` keeps the last of them and says nothing, and which one
 * was meant nobody knows (RFC 8259, 4; FHIR R4 forbids it). One look at each character and each value, no more.
 * @param value what `JSON.parse` made of the text: every name that it has fewer was there before.
 */
export const repeatsName = (text: string, value: unknown): boolean =>
  namesWritten(text) !== namesIn(value);

/** Outside of strings a colon stands after a name and nowhere else. */
function namesWritten(text: string): number {
  let names = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (code === BACKSLASH) at++;
    else if (code === COLON && !quoted) names++;
  }
  return names;
}

function namesIn(value: unknown): number {
  let names = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const children: unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) names += children.length;
    for (const child of children) if (typeof child === 'object' && child !== null) open.push(child);
  }
  return names;
}
