import { createHash } from 'node:crypto';

/** Bodies up to this size are answered at once; a larger one is stored, receipted and worked through after. */
const AT_ONCE_BYTES = 5_000_000;

/** The beginning of a body, and whether there is more of it. */
export type Beginning = { chunks: Buffer[]; bytes: number; rest: AsyncIterator<Buffer> | null };

/** Reads up to the size that is answered at once. */
export async function readBeginning(body: AsyncIterable<Buffer>): Promise<Beginning> {
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let bytes = 0;
  while (bytes <= AT_ONCE_BYTES) {
    const { value, done } = await iterator.next();
    if (done) return { chunks, bytes, rest: null };
    chunks.push(value);
    bytes += value.length;
  }
  return { chunks, bytes, rest: iterator };
}

/** SHA-256 of a body, hexadecimal. */
export function sha256Of(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Media type and charset of a Content-Type header, lower case. */
export function mediaType(header: string | undefined): { type: string; charset?: string } {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const charset = parameters
    .map((parameter) => /^charset="?([^"]+)"?$/i.exec(parameter)?.[1])
    .find((found) => found !== undefined);
  return { type: type.toLowerCase(), ...(charset && { charset: charset.toLowerCase() }) };
}
