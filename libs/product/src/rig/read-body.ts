/** A record's body, as a consumer's client reads it. */
export type Body = { key: string; value: Buffer | null; headers: Map<string, string> };

/** Reads the body of an outbox row. Throws if bytes are left over. */
export function readBody(body: Buffer): Body {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = body[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  };
  const bytes = () => {
    const length = varint();
    return length < 0 ? null : body.subarray(at, (at += length));
  };
  const key = bytes()!.toString();
  const value = bytes();
  const headers = new Map<string, string>();
  for (let left = varint(); left > 0; left--) headers.set(bytes()!.toString(), bytes()!.toString());
  if (at !== body.length) throw new Error('bytes are left over');
  return { key, value, headers };
}
