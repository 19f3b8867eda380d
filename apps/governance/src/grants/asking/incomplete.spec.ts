import { describe, expect, it } from 'vitest';
import { draftBody, requestBody } from '../shapes.js';
import {
  filledIn,
  inEach,
  incomplete,
  placedAmong,
  rightEntries,
  rightParts,
} from './incomplete.js';

const lacks = (given: object) => {
  const draft = draftBody.parse(given);
  const { error } = requestBody.safeParse(draft);
  return error ? incomplete(error, draft) : [];
};
const whole = {
  ...{ product: 'gp.a', purpose: 'audit', legalBasis: '6(1)(e)/9(2)(h)/s251' },
  ...{ organisation: 'QUY', until: '2026-12-31', reason: 'Beds' },
};
const ANALYST = { organisation: 'QUY' } as never;
const NOW = new Date('2026-11-29T10:00:00Z');

describe('a draft that is no whole request', () => {
  it('is told everything it lacks at once, in words', () => {
    const errors = lacks({ reason: 'Beds' });
    expect(errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      '$.product MESH-3520',
      '$.purpose MESH-3520',
      '$.legalBasis MESH-3520',
      '$.organisation MESH-3520',
      '$.until MESH-3520',
    ]);
    expect(errors.map(({ message }) => message).join(' ')).not.toMatch(/Invalid|undefined/);
  });

  it('is told once that it names no product, or both ways', () => {
    const { product: _, ...rest } = whole;
    const both = { ...whole, products: [{ product: 'gp.b' }] };
    for (const given of [rest, both]) {
      expect(lacks(given)).toEqual([
        expect.objectContaining({
          path: '$.product',
          message: 'Name one product, or a list of products.',
        }),
      ]);
    }
    expect(lacks(whole)).toEqual([]);
  });

  it('is read as far as it goes, with what it lacks filled in and passed over', () => {
    const { until: _, legalBasis: __, ...rest } = whole;
    const filled = filledIn(draftBody.parse({ ...rest, from: '2026-12-05' }), ANALYST, NOW);
    expect(filled?.request).toMatchObject({ ...rest, until: '2026-12-05' });
    const places = ['$.until', '$.legalBasis', '$.reviewOn', '$.fields[0]', '$.dpia.date'];
    expect(places.filter((path) => filled?.isStated(path))).toEqual(['$.fields[0]', '$.dpia.date']);
  });

  it('is not guessed at without a purpose or a product', () => {
    const { purpose: _, ...aimless } = whole;
    const { product: __, ...bare } = whole;
    for (const given of [aimless, bare]) {
      expect(filledIn(draftBody.parse(given), ANALYST, NOW)).toBeNull();
    }
  });
});

describe('what was sent as a request', () => {
  const parts = (sent: unknown) => rightParts(sent, requestBody.safeParse(sent).error!);

  it('is read in the parts that have the right form', () => {
    const { purpose: _, reason: __, ...rest } = whole;
    const sent = { ...whole, purpose: 'nonsense', reason: 7, toString: 1, shoe: 1 };
    expect(parts(sent)).toMatchObject(rest);
    expect(Object.keys(parts(sent))).not.toEqual(expect.arrayContaining(['purpose']));
    expect(Object.keys(parts(sent))).not.toEqual(expect.arrayContaining(['reason']));
    for (const none of [null, 'text', [whole]]) expect(parts(none)).not.toHaveProperty('product');
  });

  it('keeps the entries of its list that have it, and their places', () => {
    const { product: _, ...rest } = whole;
    const [good, other] = [{ product: 'gp.a' }, { product: 'gp.b' }];
    const sent = { ...rest, products: [{ ...good, major: 0 }, good, 7, other] };
    expect(parts(sent)).toMatchObject({ ...rest, products: [good, other] });
    const places = rightEntries(sent, requestBody.safeParse(sent).error!);
    expect(places).toEqual([1, 3]);
    const path = (text: string) => placedAmong(places, { path: text } as never).path;
    expect(path('$.products[1].product')).toBe('$.products[3].product');
    expect(path('$.fields[1]')).toBe('$.fields[1]');
    for (const products of [[{ ...good, major: 0 }], [good, good, 7], 'gp.a', []]) {
      const left = parts({ ...rest, products });
      expect(left).toMatchObject(rest);
      expect(left).not.toHaveProperty('products');
    }
  });

  it.each(['', ' , '])('is told to name a field where it says %j', (fields) => {
    const { error } = requestBody.safeParse({ ...whole, fields });
    expect(error?.issues.map(({ message }) => message)).toEqual(['Name a field, or write "all".']);
  });

  it('has those faults for certain that every reading of it finds', () => {
    const fault = (path: string) => ({ path, code: 'MESH-1', message: 'm', fix: 'f' });
    const [a, b, c] = ['$.a', '$.b', '$.c'].map(fault);
    expect(inEach([[a!, b!], [b!], [c!, { ...b! }]])).toEqual([b]);
    expect(inEach([])).toEqual([]);
  });
});
