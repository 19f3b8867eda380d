import { describe, expect, it } from 'vitest';
import { SYNONYMS } from './synonyms.js';
import { questionWords, unitsOf, wordsOf } from './words.js';

const read = (...words: string[]) => words.map((word) => ({ word, meant: [] as string[] }));

describe('the words of a text', () => {
  it('are lower case, without marks, and those of camelCase apart', () => {
    expect(wordsOf('dischargeMethod, “A&E” dm+d Rhônë v2')).toEqual([
      ...['discharge', 'method', 'a', 'e', 'dm', 'd', 'rhone', 'v2'],
    ]);
  });

  it('are twelve in a question, however long it is', () => {
    expect(questionWords('word '.repeat(500))).toHaveLength(12);
    expect(questionWords(`'); DROP TABLE product; --`)).toEqual(['drop', 'table', 'product']);
    expect(questionWords('!!!')).toEqual([]);
  });
});

describe('the question for PostgreSQL', () => {
  it('takes every word, as it stands or as a beginning of three letters or more', () => {
    expect(unitsOf(read('ward', 'x'))).toEqual([
      { stems: '((ward)) | (ward) | (bed)', beginnings: 'ward:*' },
      { stems: '((x))', beginnings: null },
    ]);
  });

  it('knows synonyms, the longest phrase first, also of what was probably meant', () => {
    const misread = [
      { word: 'blod', meant: ['blood'] },
      { word: 'pressure', meant: [] },
    ];
    expect(unitsOf(misread)).toEqual([
      {
        stems: '((blod | blood) & (pressure)) | (blood <-> pressure) | (bp)',
        beginnings: 'blod:* & pressure:*',
      },
    ]);
    expect(unitsOf(read('bp'))).toEqual([
      { stems: '((bp)) | (blood <-> pressure) | (bp)', beginnings: null },
    ]);
  });

  it('has synonyms that are words of a question, each in one group', () => {
    const phrases = SYNONYMS.flat();
    expect(phrases.filter((one) => wordsOf(one).join(' ') !== one)).toEqual([]);
    expect(phrases.filter((one, at) => phrases.indexOf(one) !== at)).toEqual([]);
  });
});
