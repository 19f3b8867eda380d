import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chained,
  checkpointOf,
  hashOf,
  headOf,
  newKey,
  witnessed,
  written,
} from '../spec/sealed-ledger.js';
import type { Checkpoint, Entry, Export } from '../spec/sealed-ledger.js';
import { Tree, subtreesOf } from './merkle.js';
import { verifyExport } from './verify.js';

const key = newKey();
const jwk = key.jwk;
const entries = chained(20);
const SIZES = [4, 9, 10, 17];
const checkpoints = SIZES.map((size) => checkpointOf(entries, size, key));
const whole: Export = { entries, checkpoints, jwk };
const witness = () => witnessed(checkpoints);

const verify = async (files: Partial<Export>, seen?: readonly Checkpoint[]) =>
  verifyExport({
    folder: await written(files),
    ...(seen ? { witness: await witnessed(seen) } : {}),
  });
const change = (entry: Entry | undefined, what: object) => ({ ...entry, ...what }) as Entry;
const rehashed = (entry: Entry) => ({ ...entry, hash: hashOf(entry) });
/** What a superuser of the database can do: change an entry and chain everything after it anew. */
const remade = (from: number) =>
  chained(20, ({ seq }) => (seq >= from ? { actor: 'user-mallory' } : {}));
const signedUpTo = (size: number) => checkpoints.filter((one) => one.size <= size);

describe('verifying an export', () => {
  it('finds nothing in an untouched one, and says what no checkpoint covers', async () => {
    const expected = { ok: true, entries: 20, unsealed: 3, checkpoints: 4, firstBad: null };
    expect(await verify(whole)).toMatchObject(expected);
    expect(await verify(whole, checkpoints)).toMatchObject(expected);
    expect(await verify({ ...whole, checkpoints: [] })).toMatchObject({
      ok: true,
      unsealed: 20,
      checkpoints: 0,
    });
    const empty = { entries: [], checkpoints: [], jwk };
    expect(await verify(empty)).toMatchObject({ ok: true, entries: 0, unsealed: 0 });
  });

  it('names the entry that was changed, also one that was hashed anew', async () => {
    const changed = change(entries[11], { detail: { reason: 'another' } });
    const plain = await verify({ ...whole, entries: entries.with(11, changed) });
    expect(plain).toMatchObject({ ok: false, entries: 11, firstBad: { seq: 12 } });
    const anew = await verify({ ...whole, entries: entries.with(11, rehashed(changed)) });
    expect(anew.firstBad).toMatchObject({ seq: 12 });
    // Entry 10 is the last that a checkpoint of its own covers: there it is the entry after it that was changed.
    const next = rehashed(change(entries[10], { prev: 'f'.repeat(64) }));
    const after = await verify({ ...whole, entries: entries.with(10, next) });
    expect(after.firstBad).toMatchObject({ seq: 11 });
  });

  it('names the place of an entry that was deleted, and the first of two that were exchanged', async () => {
    expect((await verify({ ...whole, entries: entries.toSpliced(6, 1) })).firstBad).toMatchObject({
      seq: 7,
    });
    expect((await verify({ ...whole, entries: entries.slice(1) })).firstBad).toMatchObject({
      seq: 1,
    });
    const [a, b] = [entries[6], entries[13]] as [Entry, Entry];
    const swapped = entries.with(6, b).with(13, a);
    expect((await verify({ ...whole, entries: swapped })).firstBad).toMatchObject({ seq: 7 });
  });

  it('names the interval of a chain that was made anew under the checkpoints that were there', async () => {
    const { firstBad } = await verify({ ...whole, entries: remade(12) });
    expect(firstBad).toMatchObject({ interval: { from: 11, to: 17 } });
  });

  it('finds a checkpoint that was changed, forged, or is of another ledger', async () => {
    const other = newKey();
    const forged = checkpointOf(entries, 9, other);
    const bads = [
      forged,
      { ...(checkpoints[1] as Checkpoint), root: headOf(entries.slice(0, 8)).toString('base64') },
      { ...(checkpoints[1] as Checkpoint), origin: 'another/ledger' },
      { ...(checkpoints[1] as Checkpoint), signature: forged['signature'] },
      {
        ...(checkpoints[1] as Checkpoint),
        note: String(checkpoints[1]?.note).replace('\n9\n', '\n09\n'),
      },
    ];
    for (const bad of bads) {
      const { firstBad } = await verify({ ...whole, checkpoints: checkpoints.with(1, bad) });
      expect(firstBad).toMatchObject({ interval: { from: 5, to: 9 } });
    }
    const elsewhere = await verifyExport({
      folder: await written(whole),
      key: join(await written({ jwk: other.jwk }), 'public-key.jwk'),
    });
    expect(elsewhere.firstBad).toMatchObject({
      interval: { from: 1, to: 4 },
      reason: expect.stringContaining('it is signed with another key than') as string,
    });
  });
});

describe('verifying with a witness', () => {
  it('finds a tail that was cut, with the checkpoints that knew it', async () => {
    const cut = { ...whole, entries: entries.slice(0, 9), checkpoints: signedUpTo(9) };
    expect((await verify(cut)).ok).toBe(true);
    expect((await verify(cut, checkpoints)).firstBad).toMatchObject({
      interval: { from: 10, to: 10 },
      reason: expect.stringContaining('cut off') as string,
    });
    expect((await verify({ ...cut, checkpoints })).firstBad).toMatchObject({
      interval: { from: 10 },
    });
  });

  it('finds a ledger made anew whole, signed by nobody or with another key', async () => {
    const anew = remade(6);
    const unsigned = { ...whole, entries: anew, checkpoints: signedUpTo(4) };
    expect((await verify(unsigned)).ok).toBe(true);
    expect((await verify(unsigned, checkpoints)).firstBad).toMatchObject({
      interval: { from: 5, to: 9 },
    });
    const mallory = newKey();
    const own = SIZES.map((size) => checkpointOf(anew, size, mallory));
    const signed = { entries: anew, checkpoints: own, jwk: mallory.jwk };
    expect((await verify(signed)).ok).toBe(true);
    expect((await verify(signed, checkpoints)).ok).toBe(false);
    const folder = await written(signed);
    const keyFile = join(await written({ jwk }), 'public-key.jwk');
    const known = await verifyExport({ folder, witness: await witness(), key: keyFile });
    expect(known.firstBad).toMatchObject({ interval: { from: 1, to: 4 } });
  });

  it('finds later checkpoints that were dropped and the chain made anew behind the last one kept', async () => {
    const anew = { ...whole, entries: remade(11), checkpoints: signedUpTo(10) };
    expect(await verify(anew)).toMatchObject({ ok: true, unsealed: 10 });
    expect((await verify(anew, checkpoints)).firstBad).toMatchObject({
      interval: { from: 11, to: 17 },
    });
  });

  it('knows what was written after the export was made from what is missing in it', async () => {
    const first = { ...whole, entries: entries.slice(0, 10), checkpoints: signedUpTo(10) };
    const made = (at: number) => ({
      made: new Date(Date.UTC(2026, 2, 1, 9, 0, at)).toISOString(),
      from: null,
      to: null,
      first: 1,
      before: [],
      after: null,
    });
    expect(await verify({ ...first, proof: made(11) }, checkpoints)).toMatchObject({
      ok: true,
      later: 7,
    });
    expect((await verify({ ...first, proof: made(18) }, checkpoints)).firstBad).toMatchObject({
      interval: { from: 11, to: 17 },
    });
  });

  it('passes over half a line that is being written', async () => {
    const file = await witness();
    await appendFile(file, '{"origin":"care');
    expect((await verifyExport({ folder: await written(whole), witness: file })).ok).toBe(true);
    await appendFile(file, '\n{}\n');
    expect((await verifyExport({ folder: await written(whole), witness: file })).ok).toBe(false);
  });

  it('finds any change of any ledger, whatever its checkpoints', async () => {
    const some = fc.record({
      length: fc.integer({ min: 2, max: 30 }),
      sizes: fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
      at: fc.nat(29),
      kind: fc.constantFrom('change', 'delete', 'swap', 'remake', 'cut'),
    });
    await fc.assert(
      fc.asyncProperty(some, async ({ length, sizes, at, kind }) => {
        const honest = chained(length);
        const signed = [...new Set([...sizes.map((size) => (size % length) + 1), length])];
        const held = signed.sort((a, b) => a - b).map((size) => checkpointOf(honest, size, key));
        const where = at % length;
        const other = (where + 1) % length;
        const tampered = {
          change: honest.with(where, change(honest[where], { actor: 'user-mallory' })),
          delete: honest.toSpliced(where, 1),
          swap: honest.with(where, honest[other] as Entry).with(other, honest[where] as Entry),
          remake: chained(length, ({ seq }) => (seq > where ? { actor: 'user-mallory' } : {})),
          cut: honest.slice(0, where),
        }[kind];
        expect((await verify({ entries: honest, checkpoints: held, jwk }, held)).ok).toBe(true);
        const { ok, firstBad } = await verify({ entries: tampered, checkpoints: [], jwk }, held);
        expect(ok).toBe(false);
        const first = kind === 'swap' ? Math.min(where, other) : where;
        const bad = firstBad as { seq?: number; interval?: { from: number; to: number } };
        if (bad.seq === undefined) {
          expect(bad.interval?.from).toBeLessThanOrEqual(first + 1);
          expect(bad.interval?.to).toBeGreaterThanOrEqual(first + 1);
        } else expect(bad.seq).toBe(first + 1);
      }),
      { numRuns: 60 },
    );
  });
});

describe('an export of a period', () => {
  const headsOver = (from: number, to: number) => {
    let at = from;
    return subtreesOf(from, to).map((leaves) => {
      const head = headOf(entries.slice(at, at + leaves));
      at += leaves;
      return head.toString('hex');
    });
  };
  const part = (
    first: number,
    last: number,
    covering: number | null,
    to: string | null = null,
  ) => ({
    entries: entries.slice(first - 1, last),
    checkpoints: checkpoints.filter(({ size }) => size >= first && size <= (covering ?? last)),
    jwk,
    proof: {
      made: '2026-03-02T00:00:00.000Z',
      from: null,
      to,
      first,
      before: headsOver(0, first - 1),
      after: covering === null ? null : { size: covering, hashes: headsOver(last, covering) },
    },
  });

  it('is held against checkpoints of the whole ledger', async () => {
    const verdict = { ok: true, first: 6, entries: 8, unsealed: 0, checkpoints: 3 };
    expect(await verify(part(6, 13, 17))).toMatchObject(verdict);
    const to = '2026-03-01T09:00:14.000Z';
    expect(await verify(part(6, 13, 17, to), checkpoints)).toMatchObject(verdict);
    expect(await verify(part(18, 20, null))).toMatchObject({
      ok: true,
      unsealed: 3,
      checkpoints: 0,
    });
  });

  it('shows what was changed, also outside it, and what was cut inside the period', async () => {
    const good = part(6, 13, 17);
    const anew = remade(11).slice(5, 13);
    expect((await verify({ ...good, entries: anew })).firstBad).toMatchObject({
      interval: { from: 11, to: 17 },
    });
    const before = { ...good.proof, before: good.proof.before.toReversed() };
    expect((await verify({ ...good, proof: before })).firstBad).toMatchObject({
      interval: { from: 6, to: 9 },
    });
    const cut = part(6, 9, null, '2026-03-01T09:00:14.000Z');
    expect((await verify(cut)).ok).toBe(true);
    expect((await verify(cut, checkpoints)).firstBad).toMatchObject({
      interval: { from: 10, to: 10 },
    });
  });

  it('is refused if what it says of itself cannot be', async () => {
    const { proof, ...files } = part(6, 13, 17);
    for (const bad of [
      { first: 5 },
      { first: 0 },
      { before: ['x'] },
      { made: 'soon' },
      { after: 3 },
    ]) {
      const { ok, firstBad } = await verify({ ...files, proof: { ...proof, ...bad } });
      expect([ok, firstBad?.reason]).toEqual([
        false,
        'proof.json does not say what lies before it',
      ]);
    }
  });
});

describe('a hostile export', () => {
  it('is answered with the place and a sentence', async () => {
    const cases: [string, string, object][] = [
      ['entries.ndjson', '{"seq":1', { seq: 1, reason: 'its line is not an entry' }],
      ['entries.ndjson', '[]\n', { seq: 1, reason: 'its line is not an entry' }],
      [
        'entries.ndjson',
        'x'.repeat(5_000_000),
        { seq: 1, reason: 'its line is longer than any entry' },
      ],
      [
        'entries.ndjson',
        JSON.stringify({ ...entries[0], extra: 1 }),
        { seq: 1, reason: 'its line is not an entry' },
      ],
      [
        'entries.ndjson',
        nested(entries[0] as Entry),
        { seq: 1, reason: 'its content does not have its hash: it was changed' },
      ],
      [
        'checkpoints.ndjson',
        'null\n',
        { interval: { from: 1, to: 20 }, reason: 'line 1 of checkpoints.ndjson is no checkpoint' },
      ],
      [
        'checkpoints.ndjson',
        '\u0000'.repeat(100_000),
        { interval: { from: 1, to: 20 }, reason: 'line 1 of checkpoints.ndjson is no checkpoint' },
      ],
      [
        'public-key.jwk',
        '{"kty":"RSA"}',
        {
          interval: { from: 1, to: 20 },
          reason: 'the public key is no Ed25519 key (a JWK of kty OKP)',
        },
      ],
    ];
    for (const [file, text, expected] of cases) {
      const folder = await written(whole);
      await writeFile(join(folder, file), text);
      expect((await verifyExport({ folder })).firstBad).toEqual(expected);
    }
  });

  it('may lack files, and is told which', async () => {
    const reasonOf = async (files: Partial<Export>) => (await verify(files)).firstBad?.reason;
    expect(await reasonOf({ checkpoints, jwk })).toBe('entries.ndjson is missing');
    expect(await reasonOf({ entries, jwk })).toBe('checkpoints.ndjson is missing');
    expect(await reasonOf({ entries, checkpoints })).toBe(
      'public-key.jwk is missing: name the key with --key',
    );
  });
});

describe('the tree of a reader', () => {
  it('is the one of RFC 6962, leaf by leaf and by subtrees', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), (one, other) => {
        const [from = 0, to = 0] = [one, other].sort((a, b) => a - b);
        const all = chained(to);
        const tree = new Tree();
        for (const { hash } of all.slice(0, from)) tree.add(Buffer.from(hash, 'hex'));
        let at = from;
        for (const leaves of subtreesOf(from, to)) {
          tree.join(leaves, headOf(all.slice(at, at + leaves)));
          at += leaves;
        }
        expect([tree.size, tree.head()]).toEqual([to, headOf(all).toString('base64')]);
      }),
      { numRuns: 40 },
    );
  });
});

function nested(entry: Entry): string {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  return JSON.stringify({ ...entry, detail: 0 }).replace('"detail":0', `"detail":${deep}`);
}
