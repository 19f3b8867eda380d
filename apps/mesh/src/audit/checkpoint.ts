import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { linesOf } from './lines.js';

/** A checkpoint that somebody holds: in the export itself, or as a witness outside it. */
export type Held = {
  size: number;
  root: string;
  at: string;
  note: string;
  from: 'export' | 'witness';
  /** Why it counts for nothing, or null. */
  fault: string | null;
};

export type PublicKey = { key: KeyObject; raw: Buffer };

const LONGEST_CHECKPOINT = 65_536;
const NOTE =
  /^([^\n+\s]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n((?:[^\n]+\n)*)\n((?:— [^\n]+\n)+)$/;

/** An Ed25519 public key from the text of a JWK. Null if it is none. */
export function readPublicKey(text: string): PublicKey | null {
  try {
    const { kty, crv, x } = JSON.parse(text) as Record<string, string>;
    const key = createPublicKey({ format: 'jwk', key: { kty, crv, x } as never });
    return crv === 'Ed25519' ? { key, raw: Buffer.from(x ?? '', 'base64url') } : null;
  } catch {
    return null;
  }
}

/**
 * The checkpoints of a file, each looked at by itself: a signed note (C2SP tlog-checkpoint) by `key`, saying
 * what the line says. Lines that are no checkpoint are counted from one, in `unread`. The last line of a
 * witness file may still be in the writing: half of it is passed over.
 */
export async function readCheckpoints(file: string, from: Held['from'], key: PublicKey) {
  const held: Held[] = [];
  const unread: number[] = [];
  let number = 0;
  for await (const lines of linesOf(file, LONGEST_CHECKPOINT)) {
    for (const line of lines) {
      number += 1;
      if (line === '') continue;
      const found = line === null ? null : readCheckpoint(line, from, key);
      if (found) held.push(found);
      else unread.push(number);
    }
  }
  const isWhole = from === 'export' || unread.at(-1) !== number;
  return { held, unread: isWhole ? unread : unread.slice(0, -1) };
}

function readCheckpoint(line: string, from: Held['from'], key: PublicKey): Held | null {
  const value = parse(line);
  if (!value || !Number.isSafeInteger(value['size']) || Number(value['size']) < 0) return null;
  const { size, root, at, note } = value as Held;
  if (typeof note !== 'string' || typeof root !== 'string' || typeof at !== 'string') return null;
  return { size, root, at, note, from, fault: faultOf(value, key) };
}

function faultOf(value: Record<string, unknown>, key: PublicKey): string | null {
  const [, origin = '', size, root, more = '', signatures = ''] =
    NOTE.exec(String(value['note'])) ?? [];
  if (size === undefined) return 'its note is no signed checkpoint';
  if (origin !== value['origin'] || size !== String(value['size']) || root !== value['root']) {
    return 'its note says something else than its line';
  }
  const text = Buffer.from(`${origin}\n${size}\n${root}\n${more}`, 'utf8');
  const keyId = keyIdOf(origin, key.raw);
  const own = signaturesOf(signatures).filter((one) => one.name === origin && one.keyId === keyId);
  if (own.length === 0) return `it is signed with another key than ${keyId}`;
  const good = own.find(({ signature }) => verify(null, text, key.key, signature));
  if (!good) return `its signature is not one of key ${keyId}`;
  const said = { signature: good.signature.toString('base64'), keyId };
  return said.signature === value['signature'] && said.keyId === value['keyId']
    ? null
    : 'its line names another signature or key than its note';
}

// A signed note may bear signatures of others as well; only the log's own is looked at.
function signaturesOf(lines: string) {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, name = '', text = ''] = line.split(' ');
      const bytes = Buffer.from(text, 'base64');
      return { name, keyId: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
    });
}

function keyIdOf(origin: string, raw: Buffer): string {
  return createHash('sha256').update(`${origin}\n\u0001`).update(raw).digest('hex').slice(0, 8);
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
