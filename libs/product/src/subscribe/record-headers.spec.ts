import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { writeVarint } from '../kafka/record-batch.js';
import { HeaderNames, RecordHeaders } from './record-headers.js';
import type { HeaderEntry } from './record-headers.js';

const name = fc.oneof(fc.constantFrom('ce_id', 'ce_type', 'ce_time', ''), fc.string());
const entries = fc.array(fc.tuple(name, fc.option(fc.string())), { maxLength: 12 });

const bytes = (text: string | null) => (text === null ? null : Buffer.from(text)) as Buffer;

/** As the client reads them out of one piece of the broker's answer. */
function inOnePiece(entries: readonly HeaderEntry[]): HeaderEntry[] {
  const size = entries.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
  const piece = Buffer.from(new ArrayBuffer(size + 10 * entries.length));
  let at = 0;
  const taken = (own: Buffer | null): Buffer | null => {
    at = writeVarint(piece, at, own?.length ?? -1);
    if (own === null) return null;
    own.copy(piece, at);
    at += own.length;
    return piece.subarray(at - own.length, at);
  };
  return entries.map(([name, value]): HeaderEntry => [taken(name)!, taken(value)]);
}

/** As it reads them where the next piece of the answer begins behind the first of them. */
function inTwoPieces(entries: readonly HeaderEntry[]): HeaderEntry[] {
  return [...inOnePiece(entries.slice(0, 1)), ...inOnePiece(entries.slice(1))];
}

const NOTHING = Buffer.alloc(0);

/** As the client reads them: whatever is empty is one and the same buffer. */
const withOneNothing = (entries: readonly HeaderEntry[]): HeaderEntry[] =>
  inOnePiece(entries).map(([name, value]) => [
    name.length === 0 ? NOTHING : name,
    value?.length === 0 ? NOTHING : value,
  ]);

describe('headers of a record', () => {
  it('are those of a map of them, the last of a name, asked by name or read one after the other', () => {
    fc.assert(
      fc.property(entries, name, (texts, asked) => {
        const map = new Map(texts.map(([own, value]) => [own, Buffer.from(value ?? '')]));
        const apart = texts.map(([own, value]): HeaderEntry => [bytes(own), bytes(value)]);
        for (const given of [apart, inOnePiece(apart), inTwoPieces(apart), withOneNothing(apart)]) {
          const headers = new RecordHeaders(given);
          expect([...headers]).toEqual([...map]);
          const all = [...new Set([...map.keys(), asked])];
          const texts = all.map((own) => map.get(own)?.toString() ?? null);
          expect(new HeaderNames(all).textsIn(headers)).toEqual(texts);
        }
      }),
      { examples: [[[['', '']], '']] },
    );
  });

  it('take no bytes of their own where they stand in one piece', () => {
    const given = inOnePiece([
      [Buffer.from('ce_id'), Buffer.from('one')],
      [Buffer.from('ce_type'), null],
      [Buffer.from('ce_time'), Buffer.from('now')],
    ]);
    const { buffer } = given[0]![0];
    const read = new RecordHeaders(given);
    expect([...read].map(([, value]) => value.buffer)).toEqual([buffer, buffer, buffer]);
    new Uint8Array(buffer).fill(0x61, given[2]![1]!.byteOffset);
    expect(new HeaderNames(['ce_time']).textsIn(read)).toEqual(['aaa']);
  });
});
