import { describe, expect, it } from 'vitest';
import { markedMajor } from './which-major.js';

const standing = (major: number, broken: boolean) => ({ major, broken });
const marked = (...majors: { major: number; broken: boolean }[]) =>
  markedMajor(majors, ({ broken }) => broken)?.major;

describe('the major a mark speaks of', () => {
  it('is the newest where all keep what they promise', () => {
    expect(marked(standing(1, false), standing(10, false), standing(2, false))).toBe(10);
  });

  it('is the one that breaks it, although a newer one does not', () => {
    expect(marked(standing(1, true), standing(2, false))).toBe(1);
  });

  it('is the newest of several that break it', () => {
    expect(marked(standing(1, true), standing(2, true), standing(3, false))).toBe(2);
  });

  it('is none of a product of which nothing was told', () => {
    expect(marked()).toBeUndefined();
  });
});
