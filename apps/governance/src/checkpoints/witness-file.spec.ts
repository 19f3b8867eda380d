import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from './checkpoint.js';
import { WitnessFile } from './witness-file.js';

const newFile = () =>
  join(mkdtempSync(join(tmpdir(), 'caremesh-witness-')), 'witness', 'checkpoints.ndjson');
const checkpoint = (size: number): Checkpoint => ({
  origin: 'caremesh/ledger',
  size,
  root: 'x',
  at: '2026-01-05T09:00:00.000Z',
  note: 'n\n',
  signature: 's',
  keyId: '00000000',
});

describe('the witness file', () => {
  it('holds each checkpoint as a line, and tells the last', () => {
    const file = newFile();
    const witness = new WitnessFile(file);
    expect(witness.last()).toBeNull();
    witness.add([checkpoint(1), checkpoint(5)]);
    witness.add([checkpoint(9)]);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Checkpoint).size)).toEqual([1, 5, 9]);
    expect(new WitnessFile(file).last()).toEqual(checkpoint(9));
  });

  it('forgets half a line that a crash left', () => {
    const file = newFile();
    const witness = new WitnessFile(file);
    witness.add([checkpoint(1)]);
    appendFileSync(file, '{"size":2,"ro');
    expect(witness.last()).toEqual(checkpoint(1));
    witness.add([checkpoint(2)]);
    expect(readFileSync(file, 'utf8')).toBe(
      [checkpoint(1), checkpoint(2)].map((one) => `${JSON.stringify(one)}\n`).join(''),
    );
  });

  it('is never overwritten when it holds something else', () => {
    const file = newFile();
    const witness = new WitnessFile(file);
    witness.add([checkpoint(1)]);
    writeFileSync(file, 'not a checkpoint\n');
    expect(() => witness.last()).toThrow(expect.objectContaining({ code: 'MESH-3704' }));
  });
});
