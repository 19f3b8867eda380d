import { sign } from 'node:crypto';
import type { SealerKey } from './sealer-key.js';

/** What a checkpoint says: at `at`, the first `size` entries of the ledger had this tree head. */
export type Head = { size: number; root: Buffer; at: string };

/** A signed checkpoint: exactly the members of a line of `checkpoints.ndjson`. */
export type Checkpoint = {
  origin: string;
  size: number;
  /** Tree head, base64, as the note has it. */
  root: string;
  at: string;
  /** The signed note: three lines, an empty one, and the signature line. */
  note: string;
  /** Ed25519 over the three lines, base64. */
  signature: string;
  keyId: string;
};

/**
 * The checkpoint of a tree head as a signed note: C2SP tlog-checkpoint (origin, decimal size, base64 head,
 * a line each) under C2SP signed-note (em dash, key name, base64 of key hash and signature).
 */
export function signCheckpoint({ size, root, at }: Head, key: SealerKey): Checkpoint {
  const { origin, keyId } = key;
  const head = root.toString('base64');
  const text = `${origin}\n${size}\n${head}\n`;
  const signature = sign(null, Buffer.from(text, 'utf8'), key.privateKey);
  const line = Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64');
  const note = `${text}\n— ${origin} ${line}\n`;
  return { origin, size, root: head, at, note, signature: signature.toString('base64'), keyId };
}
