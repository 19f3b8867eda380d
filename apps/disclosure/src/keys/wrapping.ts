import { hkdfSync } from 'node:crypto';

import { problem } from '@caremesh/platform';
import { readKey, Seal } from '@caremesh/product';

import { disclosureErrors } from '../errors.js';

/** A data key as it may stand in a database, and which wrapping key opens it. */
export type Wrapped = { bytes: Buffer; wrappedBy: string };

/**
 * Closes data keys under a key that never leaves its store. `context` says what the data key is for;
 * opening with another context fails. Implement it for a cloud's key management; `FileWrapping` is the embedded one.
 */
export interface KeyWrapping {
  /** The wrapping key in use: what `wrap` puts into `wrappedBy`. Throws MESH-4001 if the store gives no answer. */
  current(): Promise<string>;
  wrap(key: Uint8Array, context: string): Promise<Wrapped>;
  /** Throws MESH-4001 if the store gives no answer, MESH-4002 if the key cannot be opened. */
  unwrap(wrapped: Wrapped, context: string): Promise<Buffer>;
}

/**
 * Envelope encryption under keys in files (32 random bytes, mode 0600). The first wraps; the others only open what they
 * wrapped, until everything is wrapped anew. The files are read at each use, so that a store that was taken away is away:
 * nothing is disclosed on a key that is merely remembered.
 */
export class FileWrapping implements KeyWrapping {
  readonly #read: readonly (() => Uint8Array)[];

  /** @param keys the wrapping key in use first, then former ones; each is asked for at every use */
  constructor(...keys: [() => Uint8Array, ...(() => Uint8Array)[]]) {
    this.#read = keys;
  }

  /** Of files: the one in use, and former ones. */
  static at(file: string, ...former: string[]): FileWrapping {
    return new FileWrapping(() => readKey(file), ...former.map((one) => () => readKey(one)));
  }

  async current(): Promise<string> {
    return nameOf(await opened(this.#read[0]!));
  }

  async wrap(key: Uint8Array, context: string): Promise<Wrapped> {
    const wrapping = await opened(this.#read[0]!);
    return { bytes: new Seal(wrapping).close(key, context), wrappedBy: nameOf(wrapping) };
  }

  async unwrap({ bytes, wrappedBy }: Wrapped, context: string): Promise<Buffer> {
    const names: string[] = [];
    for (const read of this.#read) {
      const wrapping = await opened(read);
      names.push(nameOf(wrapping));
      if (names.at(-1) === wrappedBy) return open(wrapping, bytes, context, wrappedBy);
    }
    throw notOpened(wrappedBy, names);
  }
}

function open(wrapping: Uint8Array, bytes: Buffer, context: string, wrappedBy: string): Buffer {
  try {
    return new Seal(wrapping).open(bytes, context);
  } catch {
    throw notOpened(wrappedBy, [wrappedBy]);
  }
}

const notOpened = (wrappedBy: string, names: readonly string[]) =>
  problem(
    disclosureErrors.keyNotOpened,
    `wrapped by ${wrappedBy}, this service has ${names.join(', ')}`,
  );

function opened(read: () => Uint8Array): Promise<Uint8Array> {
  try {
    return Promise.resolve(read());
  } catch (cause) {
    return Promise.reject(
      problem(disclosureErrors.keyStoreUnavailable, 'a key file cannot be read', [], cause),
    );
  }
}

/** Names the key without telling anything of it, so that a row says which key file it needs. */
function nameOf(wrapping: Uint8Array): string {
  const name = hkdfSync('sha256', wrapping, '', 'caremesh name of a wrapping key', 8);
  return `file:${Buffer.from(name).toString('hex')}`;
}
