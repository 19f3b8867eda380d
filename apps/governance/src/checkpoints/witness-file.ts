import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '@caremesh/platform';
import { ledgerErrors } from '../errors.js';
import type { Checkpoint } from './checkpoint.js';

// A line is about 500 bytes.
const TAIL_BYTES = 65_536;

/**
 * The witness that lies outside the database: every checkpoint as a line of JSON, on disk before anything
 * counts it as witnessed. Whoever rewrites the database cannot rewrite this. Throws MESH-3704.
 */
export class WitnessFile {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** The last checkpoint it holds; null while there is none. */
  last(): Checkpoint | null {
    if (!existsSync(this.#file)) return null;
    return this.#guard(() => {
      const line = this.#tail().split('\n').at(-2);
      return line ? (JSON.parse(line) as Checkpoint) : null;
    });
  }

  /** Adds checkpoints and has the disk confirm them. Half a line that a crash left is taken away first. */
  add(checkpoints: readonly Checkpoint[]): void {
    if (checkpoints.length === 0) return;
    this.#guard(() => {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o711 });
      this.#dropHalfLine();
      const descriptor = openSync(this.#file, 'a', 0o644);
      try {
        writeSync(descriptor, checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(''));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  #dropHalfLine(): void {
    if (!existsSync(this.#file)) return;
    const { tail, size } = this.#read();
    const half = tail.length - (tail.lastIndexOf(0x0a) + 1);
    if (half > 0) truncateSync(this.#file, size - half);
  }

  #tail(): string {
    return this.#read().tail.toString('utf8');
  }

  #read(): { tail: Buffer; size: number } {
    const descriptor = openSync(this.#file, 'r');
    try {
      const { size } = fstatSync(descriptor);
      const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(descriptor, tail, 0, tail.length, size - tail.length);
      return { tail, size };
    } finally {
      closeSync(descriptor);
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw problem(ledgerErrors.witnessUnreadable, this.#file, [], cause);
    }
  }
}
