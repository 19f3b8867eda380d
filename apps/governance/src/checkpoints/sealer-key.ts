import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  randomUUID,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '@caremesh/platform';
import { ledgerErrors } from '../errors.js';

/** What anybody needs to check a checkpoint's signature: a JSON Web Key (RFC 8037), with the note's key id as `kid`. */
export type PublicJwk = {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  kid: string;
  use: 'sig';
  alg: 'EdDSA';
};

/** The key that checkpoints are signed with. The database never holds it. */
export type SealerKey = {
  origin: string;
  keyId: string;
  privateKey: KeyObject;
  publicJwk: PublicJwk;
};

// Signature type of Ed25519 in a signed note.
const ED25519 = 1;

/**
 * The sealer's Ed25519 key from `file`, where it is made at first start, readable by this user alone. Throws
 * MESH-3702 if the file holds something else.
 */
export function sealerKey(file: string, origin: string): SealerKey {
  if (!existsSync(file)) makeKey(file);
  const privateKey = readKey(file);
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const keyId = keyIdOf(origin, Buffer.from(x, 'base64url'));
  const publicJwk: PublicJwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    x,
    kid: keyId,
    use: 'sig',
    alg: 'EdDSA',
  };
  return { origin, keyId, privateKey, publicJwk };
}

/** Four bytes (hex) that tell keys apart: the start of SHA-256(name, 0x0A, type, public key). */
export function keyIdOf(name: string, publicKey: Uint8Array): string {
  const parts = [Buffer.from(`${name}\n`, 'utf8'), Buffer.from([ED25519]), publicKey];
  return hash('sha256', Buffer.concat(parts), 'hex').slice(0, 8);
}

function readKey(file: string): KeyObject {
  try {
    const key = createPrivateKey({ format: 'jwk', key: JSON.parse(readFileSync(file, 'utf8')) });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below: what the parser says could quote the key.
  }
  throw problem(ledgerErrors.sealerKey, file);
}

// A link is made or refused whole: of two instances that start at once, both read the first one's key.
function makeKey(file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(privateKey.export({ format: 'jwk' })), {
    mode: 0o600,
    flag: 'wx',
  });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
