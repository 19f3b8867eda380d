import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import canonicalize from 'canonicalize';

/** An entry as an export has it. */
export type Entry = Record<string, unknown> & { seq: number; prev: string; hash: string };
/** A checkpoint as an export or a witness has it. */
export type Checkpoint = Record<string, unknown> & {
  size: number;
  at: string;
  root: string;
  note: string;
};
/** The files of an export, before they are written. */
export type Export = {
  entries: Entry[];
  checkpoints: Checkpoint[];
  proof?: Record<string, unknown> | undefined;
  jwk?: Record<string, unknown> | undefined;
};

const ORIGIN = 'caremesh/ledger';
const sha = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** A key as the sealer has one. */
export function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, jwk: publicKey.export({ format: 'jwk' }) as Record<string, unknown> };
}

/** The hash an entry is to have. */
export function hashOf(entry: Record<string, unknown>): string {
  const { hash: _, ...content } = entry;
  return createHash('sha256')
    .update(canonicalize(content) ?? '')
    .digest('hex');
}

/** Entries chained from the first, `change` applied to each before it is hashed. */
export function chained(length: number, change: (entry: Entry) => object = () => ({})): Entry[] {
  let prev = '0'.repeat(64);
  return Array.from({ length }, (_, at) => {
    const content = {
      seq: at + 1,
      at: new Date(Date.UTC(2026, 2, 1, 9, 0, at)).toISOString(),
      actor: 'user-governance-lead',
      role: 'governance-lead',
      action: 'proposal.approved',
      object: `proposal:${at}`,
      detail: { reason: `reason ${at}` },
      prev,
    };
    const made = { ...content, ...change(content as unknown as Entry) };
    const entry = { ...made, hash: hashOf(made) } as Entry;
    prev = entry.hash;
    return entry;
  });
}

/** The head of RFC 6962 section 2.1, by its definition. */
export function headOf(entries: readonly Entry[]): Buffer {
  const leaves = entries.map(({ hash }) => sha(Buffer.of(0), Buffer.from(hash, 'hex')));
  const head = (from: number, to: number): Buffer => {
    if (to - from === 1) return leaves[from] as Buffer;
    let k = 1;
    while (k * 2 < to - from) k *= 2;
    return sha(Buffer.of(1), head(from, from + k), head(from + k, to));
  };
  return leaves.length === 0 ? sha() : head(0, leaves.length);
}

/** A checkpoint of the first `size` entries, made a second after the last of them. */
export function checkpointOf(
  entries: readonly Entry[],
  size: number,
  key: { privateKey: KeyObject; jwk: Record<string, unknown> },
): Checkpoint {
  const root = headOf(entries.slice(0, size)).toString('base64');
  const text = `${ORIGIN}\n${size}\n${root}\n`;
  const raw = Buffer.from(String(key.jwk['x']), 'base64url');
  const keyId = sha(Buffer.from(`${ORIGIN}\n`), Buffer.of(1), raw).subarray(0, 4);
  const signature = sign(null, Buffer.from(text), key.privateKey);
  const line = Buffer.concat([keyId, signature]).toString('base64');
  return {
    origin: ORIGIN,
    size,
    root,
    at: new Date(Date.UTC(2026, 2, 1, 9, 0, size)).toISOString(),
    note: `${text}\n— ${ORIGIN} ${line}\n`,
    signature: signature.toString('base64'),
    keyId: keyId.toString('hex'),
  };
}

const lines = (values: readonly unknown[]) =>
  values.map((one) => `${JSON.stringify(one)}\n`).join('');

/** Writes an export into a folder of its own; what is undefined is left out. */
export async function written({
  entries,
  checkpoints,
  proof,
  jwk,
}: Partial<Export>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caremesh-verify-'));
  const files = {
    'entries.ndjson': entries && lines(entries),
    'checkpoints.ndjson': checkpoints && lines(checkpoints),
    'proof.json': proof && JSON.stringify(proof),
    'public-key.jwk': jwk && JSON.stringify(jwk),
  };
  for (const [name, text] of Object.entries(files)) {
    if (text !== undefined) await writeFile(join(folder, name), text);
  }
  return folder;
}

/** Writes a witness file. */
export async function witnessed(checkpoints: readonly Checkpoint[]): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'caremesh-witness-')), 'checkpoints.ndjson');
  await writeFile(file, lines(checkpoints));
  return file;
}
