import { Tree, subtreesOf } from './merkle.js';

/**
 * What an export says of itself: when it was made, of which period it is, where in the ledger it begins, and the
 * heads of what lies left and right of its entries, so that a part can be held against checkpoints of the whole.
 */
export type Proof = {
  made: number | null;
  to: number | null;
  first: number;
  before: Buffer[];
  after: { size: number; heads: Buffer[] } | null;
};

/** An export that says nothing of itself is of the whole ledger, and may lack nothing that a witness saw. */
export const WHOLE: Proof = { made: null, to: null, first: 1, before: [], after: null };

const MOST_HEADS = 128;

/** Reads `proof.json`; null if it is not what it should be. */
export function readProof(text: string): Proof | null {
  try {
    const { made, to, first, before, after } = JSON.parse(text) as Record<string, unknown>;
    const heads = headsOf(before);
    if (!heads || !isSize(first) || first < 1) return null;
    const right = after === null ? null : afterOf(after);
    if (right === undefined) return null;
    return { made: momentOf(made), to: momentOf(to), first, before: heads, after: right };
  } catch {
    return null;
  }
}

/** The tree left of the first entry; null if the heads are not those of so many leaves. */
export function treeBefore({ first, before }: Proof): Tree | null {
  return grown(new Tree(), first - 1, before);
}

/** The tree of the first checkpoint that covers all entries, from the tree of the entries. */
export function treeAfter(tree: Tree, after: NonNullable<Proof['after']>): Tree | null {
  return grown(tree.copy(), after.size, after.heads);
}

function grown(tree: Tree, size: number, heads: readonly Buffer[]): Tree | null {
  const leaves = subtreesOf(tree.size, size);
  if (leaves.length !== heads.length) return null;
  leaves.forEach((count, at) => tree.join(count, heads[at] as Buffer));
  return tree;
}

function afterOf(value: unknown): Proof['after'] | undefined {
  const { size, hashes } = value as Record<string, unknown>;
  const heads = headsOf(hashes);
  return heads && isSize(size) ? { size, heads } : undefined;
}

function headsOf(value: unknown): Buffer[] | null {
  if (!Array.isArray(value) || value.length > MOST_HEADS) return null;
  const isHead = (one: unknown) => typeof one === 'string' && /^[0-9a-f]{64}$/.test(one);
  return value.every(isHead) ? value.map((one) => Buffer.from(String(one), 'hex')) : null;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function momentOf(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  const moment = Date.parse(String(value));
  if (Number.isNaN(moment)) throw new Error('no moment');
  return moment;
}
