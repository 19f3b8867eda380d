import { hash } from 'node:crypto';

type Peak = { height: number; hash: Buffer };

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

const sha256 = (...parts: Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');

/**
 * An append-only Merkle tree as RFC 6962 section 2.1 defines it: a leaf is SHA-256(0x00, data), a node
 * SHA-256(0x01, left, right). Only the roots of its complete subtrees are held, at most one for each bit of
 * the size: 20 hashes for a million entries.
 */
export class MerkleTree {
  readonly #peaks: Peak[] = [];
  #size = 0;

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf's data. */
  append(data: Uint8Array): void {
    this.graft(0, sha256(LEAF, data));
  }

  /** Adds a complete subtree of 2^height leaves by its root. The size must be a multiple of 2^height. */
  graft(height: number, root: Buffer): void {
    this.#size += 2 ** height;
    let last: Peak = { height, hash: root };
    for (let left = this.#peaks.at(-1); left?.height === last.height; left = this.#peaks.at(-1)) {
      this.#peaks.pop();
      last = { height: last.height + 1, hash: sha256(NODE, left.hash, last.hash) };
    }
    this.#peaks.push(last);
  }

  /** The tree's head; of an empty tree, the hash of nothing. */
  root(): Buffer {
    const hashes = this.peaks();
    const last = hashes.pop();
    if (!last) return sha256();
    return hashes.reduceRight((right, left) => sha256(NODE, left, right), last);
  }

  /** Roots of the complete subtrees the leaves so far consist of, from the left: `spans(0, size)` are their heights. */
  peaks(): Buffer[] {
    return this.#peaks.map(({ hash: root }) => root);
  }
}

/**
 * Heights of the largest complete subtrees that lie one after the other over leaves `from` (counted from
 * nought) to `to` (left out). With their roots a tree of `from` leaves becomes one of `to`.
 */
export function spans(from: number, to: number): number[] {
  const heights: number[] = [];
  for (let at = from; at < to; at += 2 ** (heights.at(-1) ?? 0)) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height += 1;
    heights.push(height);
  }
  return heights;
}
