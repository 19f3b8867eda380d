import { hash } from 'node:crypto';

type Subtree = { leaves: number; head: Buffer };

const sha256 = (bytes: Buffer): Buffer => hash('sha256', bytes, 'buffer');

// Written over for each hash: an export has two for every entry, and new buffers would be half of their time.
const leaf = Buffer.alloc(33, 0);
const node = Buffer.alloc(65, 1);

function leafOf(data: Buffer): Buffer {
  if (data.length !== 32) return sha256(Buffer.concat([Buffer.of(0), data]));
  data.copy(leaf, 1);
  return sha256(leaf);
}

function nodeOf(left: Buffer, right: Buffer): Buffer {
  left.copy(node, 1);
  right.copy(node, 33);
  return sha256(node);
}

/**
 * The Merkle tree of RFC 6962 (section 2.1) as a reader of the whole log builds it: complete subtrees from the
 * left, each larger than the next.
 */
export class Tree {
  #subtrees: Subtree[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds one leaf. */
  add(data: Buffer): void {
    this.join(1, leafOf(data));
  }

  /** Adds a complete subtree of so many leaves, a power of two that divides the size. */
  join(leaves: number, head: Buffer): void {
    const subtrees = this.#subtrees;
    this.#size += leaves;
    let added: Subtree = { leaves, head };
    while (subtrees.at(-1)?.leaves === added.leaves) {
      const left = subtrees.pop() as Subtree;
      added = { leaves: 2 * added.leaves, head: nodeOf(left.head, added.head) };
    }
    subtrees.push(added);
  }

  /** The head, base64 as in a checkpoint. */
  head(): string {
    const [last, ...others] = this.#subtrees.map(({ head }) => head).reverse();
    if (!last) return sha256(Buffer.alloc(0)).toString('base64');
    return others.reduce((right, left) => nodeOf(left, right), last).toString('base64');
  }

  /** A tree of the same leaves, to be grown another way. */
  copy(): Tree {
    const tree = new Tree();
    tree.#subtrees = [...this.#subtrees];
    tree.#size = this.#size;
    return tree;
  }
}

/** Leaves of each of the largest complete subtrees that lie one after the other from leaf `from` to before `to`. */
export function subtreesOf(from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = from; at < to; at += found.at(-1) ?? 1) {
    let leaves = 1;
    while (at % (2 * leaves) === 0 && at + 2 * leaves <= to) leaves *= 2;
    found.push(leaves);
  }
  return found;
}
