import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomFillSync,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** The service's own key (MESH_KEY_FILE): 32 random bytes, made at first start and never changed. */
export function readKey(file: string): Buffer {
  const key = readFileSync(file);
  if (key.length !== KEY_BYTES) throw new RangeError(`${file} does not hold a key of 32 bytes`);
  return key;
}

/**
 * Encrypts what a source sent before it is stored: AES-256-GCM with a key derived from the service's own,
 * a fresh nonce for each piece. `purpose` binds a piece to the place it is kept in: moved elsewhere it
 * does not open.
 */
export class Seal {
  // As an object made once: of bytes Node makes one at each call, which costs more than the encryption.
  readonly #key: KeyObject;
  readonly #random = Buffer.allocUnsafe(NONCE_BYTES * 256);
  #used = this.#random.length;

  constructor(serviceKey: Uint8Array) {
    this.#key = createSecretKey(
      Buffer.from(hkdfSync('sha256', serviceKey, '', 'caremesh sealed payloads', KEY_BYTES)),
    );
  }

  /** Nonce, tag and cipher text in one. */
  close(plain: Uint8Array, purpose: string): Buffer {
    const nonce = this.#nonce();
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(purpose));
    const body = cipher.update(plain);
    cipher.final();
    return Buffer.concat([nonce, cipher.getAuthTag(), body]);
  }

  /** What was closed for the same purpose. Throws if it is not, or was changed. */
  open(sealed: Uint8Array, purpose: string): Buffer {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(tag);
    return Buffer.concat([
      decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)),
      decipher.final(),
    ]);
  }

  /** Random bytes, fetched for many pieces at a time; none is used twice. */
  #nonce(): Buffer {
    if (this.#used === this.#random.length) {
      randomFillSync(this.#random);
      this.#used = 0;
    }
    return Buffer.from(this.#random.subarray(this.#used, (this.#used += NONCE_BYTES)));
  }
}
