import type { Held } from './checkpoint.js';
import { GENESIS, hasOwnHash, readEntry } from './entry.js';
import type { Entry } from './entry.js';
import type { Tree } from './merkle.js';

/** The first thing that is not as it was written: one entry, or entries of which one or more are not. */
export type Bad =
  { seq: number; reason: string } | { interval: { from: number; to: number }; reason: string };

/**
 * Follows the entries one by one: each has its own hash, follows the one before and is the next in number, and
 * wherever a checkpoint stands the tree of all entries so far has its head. Remembers the first fault.
 */
export class Walk {
  readonly #tree: Tree;
  readonly #held: readonly Held[];
  #next = 0;
  #before: Entry | null = null;
  #suspect: Entry | null = null;
  #matched = new Set<string>();
  #sealed: number;
  bad: Bad | null = null;

  /** `held` by size; those of before the tree's first entry cannot be looked at and are passed over. */
  constructor(tree: Tree, held: readonly Held[]) {
    this.#tree = tree;
    this.#held = held;
    this.#sealed = tree.size;
    while ((held[this.#next]?.size ?? tree.size) < tree.size) this.#next += 1;
    this.#compare();
  }

  /** Entries up to which all is well. */
  get reached(): number {
    return this.#tree.size;
  }

  /** Size of the largest checkpoint that stood. */
  get sealed(): number {
    return this.#sealed;
  }

  /** How many checkpoints stood, those of several witnesses counted once. */
  get checkpoints(): number {
    return this.#matched.size;
  }

  get tree(): Tree {
    return this.#tree;
  }

  /** Checkpoints of more entries than there are. */
  get beyond(): readonly Held[] {
    return this.#held.slice(this.#next);
  }

  /** Takes the next line; after a fault, nothing more. */
  take(line: string | null): void {
    if (this.bad || line === '') return;
    const entry = line === null ? null : readEntry(line);
    if (this.#suspect) return this.#settle(entry);
    const seq = this.#tree.size + 1;
    if (line === null) this.bad = { seq, reason: 'its line is longer than any entry' };
    else if (!entry) this.bad = { seq, reason: 'its line is not an entry' };
    else this.#follow(entry, seq);
  }

  /** Says that there is no further line. */
  end(): void {
    if (this.#suspect) this.#settle(null);
  }

  /** Holds one checkpoint against a tree of its size. Answers whether it stood. */
  stands(one: Held, tree: Tree): boolean {
    const what = one.from === 'witness' ? 'the witness’s checkpoint' : 'the checkpoint';
    const reason =
      one.fault ?? (tree.head() === one.root ? null : 'these are not the entries it was made of');
    if (reason) {
      const interval = { from: this.#sealed + 1, to: Math.max(one.size, this.#sealed + 1) };
      this.bad = { interval, reason: `${what} of ${one.size} entries does not stand: ${reason}` };
      return false;
    }
    this.#sealed = Math.max(this.#sealed, one.size);
    this.#matched.add(one.note);
    return true;
  }

  #follow(entry: Entry, seq: number): void {
    if (!hasOwnHash(entry)) {
      this.bad = { seq, reason: 'its content does not have its hash: it was changed' };
    } else if (entry.seq !== seq) {
      this.bad = { seq, reason: `it is missing or out of its order: here is ${entry.seq}` };
    } else if (this.#before ? entry.prev !== this.#before.hash : isFalseStart(entry)) {
      this.#suspect = entry;
    } else this.#accept(entry);
  }

  #accept(entry: Entry): void {
    this.#before = entry;
    this.#tree.add(Buffer.from(entry.hash, 'hex'));
    this.#compare();
  }

  // Two entries do not fit together. If the one after still follows the second, it is the first that was changed
  // and hashed anew, unless a checkpoint stands for it.
  #settle(after: Entry | null): void {
    const entry = this.#suspect as Entry;
    const isBefore = this.#before !== null && this.#sealed < this.#tree.size;
    const follows = after === null || after.prev === entry.hash;
    const seq = isBefore && follows ? entry.seq - 1 : entry.seq;
    this.bad = { seq, reason: 'it was changed and hashed anew: its neighbour names another hash' };
  }

  #compare(): void {
    for (let one = this.#held[this.#next]; one; one = this.#held[this.#next]) {
      if (this.bad || one.size !== this.#tree.size) return;
      this.#next += 1;
      this.stands(one, this.#tree);
    }
  }
}

function isFalseStart({ seq, prev }: Entry): boolean {
  return seq === 1 && prev !== GENESIS;
}
