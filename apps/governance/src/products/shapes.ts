import { CLASSIFICATIONS, PURPOSES } from '@caremesh/contract';
import { z } from 'zod';
import { pageQuery } from '../http/page.js';

/** Words, a value of each facet, and a page. All that are given have to be met. */
export const productQuery = z.strictObject({
  q: z.string().max(200).optional(),
  domain: z.string().max(60).optional(),
  careSetting: z.string().max(60).optional(),
  standard: z.string().max(100).optional(),
  classification: z.enum(CLASSIFICATIONS).optional(),
  purpose: z.enum(PURPOSES).optional(),
  publisher: z.string().max(100).optional(),
  status: z.enum(['published', 'deprecated', 'retired']).optional(),
  ...pageQuery,
});
export type ProductQuery = z.output<typeof productQuery>;

export const changelogQuery = z.strictObject({
  major: z.coerce.number().int().min(1).max(9_999).optional(),
  ...pageQuery,
});
export type ChangelogQuery = z.output<typeof changelogQuery>;

const fieldFilters = {
  q: z.string().max(200).optional(),
  classification: z.enum(CLASSIFICATIONS).optional(),
  role: z.string().max(60).optional(),
  codeSystem: z.string().max(300).optional(),
};
export const productFieldQuery = z.strictObject({ ...fieldFilters, ...pageQuery });
export const fieldQuery = z.strictObject({
  ...fieldFilters,
  product: z.string().max(100).optional(),
  domain: z.string().max(60).optional(),
  ...pageQuery,
});
export type FieldQuery = z.output<typeof fieldQuery>;

export const odcsQuery = z.strictObject({
  major: z.coerce.number().int().min(1).max(9_999).optional(),
});

export const topicQuery = z.strictObject({ topic: z.string().max(249) });
