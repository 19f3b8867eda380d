import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MerkleTree, spans } from './merkle.js';

// Leaves and heads with which Certificate Transparency's own programs test their trees.
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const HEADS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leafOf = (n: number) => Buffer.from(`entry ${n}`);
function treeOf(leaves: readonly Buffer[]): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}
// The definition of RFC 6962 section 2.1, word for word.
function headOf(leaves: readonly Buffer[]): Buffer {
  const sha = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(Buffer.from([0]), leaves[0] as Buffer);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Buffer.from([1]), headOf(leaves.slice(0, k)), headOf(leaves.slice(k)));
}
const someLeaves = fc
  .integer({ min: 0, max: 200 })
  .map((n) => Array.from({ length: n }, (_, at) => leafOf(at)));

describe('the Merkle tree', () => {
  it('has the heads that Certificate Transparency publishes', () => {
    const tree = new MerkleTree();
    expect(tree.root().toString('hex')).toBe(createHash('sha256').digest('hex'));
    const heads = LEAVES.map((leaf) => {
      tree.append(Buffer.from(leaf, 'hex'));
      return tree.root().toString('hex');
    });
    expect(heads).toEqual(HEADS);
  });

  it('is the tree of RFC 6962 at every size', () => {
    fc.assert(
      fc.property(someLeaves, (leaves) => {
        expect(treeOf(leaves).root()).toEqual(headOf(leaves));
      }),
    );
  });

  it('grows by whole subtrees to the same head', () => {
    const cut = fc.tuple(someLeaves, fc.nat(200), fc.nat(200));
    fc.assert(
      fc.property(cut, ([leaves, one, other]) => {
        const [from, to] = [one, other]
          .map((at) => Math.min(at, leaves.length))
          .sort((a, b) => a - b) as [number, number];
        const tree = new MerkleTree();
        const before = treeOf(leaves.slice(0, from)).peaks();
        spans(0, from).forEach((height, at) => tree.graft(height, before[at] as Buffer));
        let at = from;
        for (const height of spans(from, to)) {
          tree.graft(height, treeOf(leaves.slice(at, at + 2 ** height)).root());
          at += 2 ** height;
        }
        expect([at, tree.size]).toEqual([to, to]);
        expect(tree.root()).toEqual(headOf(leaves.slice(0, to)));
      }),
    );
  });

  it('has another head when any leaf is another, or two change places', () => {
    const two = fc.tuple(fc.integer({ min: 2, max: 60 }), fc.nat(59), fc.nat(59));
    fc.assert(
      fc.property(two, ([length, one, other]) => {
        const leaves = Array.from({ length }, (_, at) => leafOf(at));
        const [a, b] = [one % length, other % length];
        const changed = leaves.with(a, leafOf(-1));
        const swapped = leaves.with(a, leafOf(b)).with(b, leafOf(a));
        const head = treeOf(leaves).root();
        expect(treeOf(changed).root().equals(head)).toBe(false);
        expect(treeOf(swapped).root().equals(head)).toBe(a === b);
      }),
    );
  });
});
