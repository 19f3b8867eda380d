import { describe, expect, it } from 'vitest';
import { readFolder, GP } from '../published.fixture.js';
import { readYaml } from './read-yaml.js';

/** Reads within a second, and gives the code of the one finding. */
function refusal(text: string): string {
  const start = performance.now();
  const { value, findings } = readYaml(text);
  expect(performance.now() - start).toBeLessThan(1000);
  expect([value, findings.length]).toEqual([null, 1]);
  return findings[0]!.code;
}

const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

describe('YAML', () => {
  it('of a real contract is read into plain values', () => {
    const { value, findings } = readYaml(readFolder(GP)['contract.odcs.yaml']!);
    expect(findings).toEqual([]);
    expect(value).toMatchObject({ kind: 'DataContract', version: '1.0.0' });
  });

  it('keeps what looks like a number or a date in quotes, and yes and no, as text', () => {
    expect(readYaml("a: '01'\nb: yes\nc: 2026-01-01\nd: 0o7\n").value).toEqual({
      a: '01',
      b: 'yes',
      c: '2026-01-01',
      d: 7,
    });
  });

  it.each([
    ['nothing', '', 'MESH-1005'],
    ['an unclosed list', 'a: [1', 'MESH-1004'],
    ['a tab for indentation', 'a:\n\tb: 1', 'MESH-1004'],
    ['a key twice', 'a: 1\na: 2', 'MESH-1005'],
    ['an anchor', 'a: &x 1', 'MESH-1005'],
    ['an alias', 'a: &x [1]\nb: *x', 'MESH-1005'],
    ['a merge key', 'a: {<<: {b: 1}}\n<<: *b', 'MESH-1005'],
    ['a tag', 'a: !!js/function "x"', 'MESH-1005'],
    ['two documents', 'a: 1\n---\nb: 1', 'MESH-1005'],
    ['__proto__', 'a: {__proto__: {x: 1}}', 'MESH-1007'],
    ['constructor', 'a: {constructor: 1}', 'MESH-1007'],
  ])('with %s is refused', (_, text, code) => {
    expect(refusal(text)).toBe(code);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it.each([
    ['500,000 brackets', `a: ${'['.repeat(500_000)}`, 'MESH-1008'],
    ['250,000 commas', `a: [${','.repeat(250_000)}`, 'MESH-1004'],
    ['250,000 dashes', `${'- '.repeat(250_000)}a`, 'MESH-1008'],
    ['700 levels of keys', many(700, (i) => `${' '.repeat(i)}a:\n`), 'MESH-1008'],
    ['45,000 keys', many(45_000, (i) => `k${i}: 1\n`), 'MESH-1008'],
    ['80,000 documents', '---\na\n'.repeat(80_000), 'MESH-1005'],
    ['170,000 colons', 'a: '.repeat(170_000), 'MESH-1004'],
    [
      'a billion laughs',
      `a0: &a0 [x,x]\n${many(30, (i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i}]\n`)}`,
      'MESH-1005',
    ],
    ['a megabyte', `a: ${'x'.repeat(1_000_000)}`, 'MESH-1003'],
  ])('of %s is refused within a second', (_, text, code) => {
    expect(refusal(text)).toBe(code);
  });
});
