import { problem } from '@caremesh/platform';
import type { FieldError } from '@caremesh/platform';
import { z } from 'zod';

import { outputPortErrors } from '../errors.js';
import type { Askable } from './dimensions.js';

const name = z.string().min(1).max(120);
const value = z.union([z.string().max(200), z.boolean(), z.null()]);
const condition = z.record(name, z.union([value, z.array(value).min(1).max(200)]));

/** A question as it is asked. */
export const questionBody = z.strictObject({
  product: z.string().min(3).max(200),
  measure: z.enum(['count', 'rate', 'mean']).default('count'),
  /** What is counted: people, or records; whichever, numbers that rest on few people are not told. */
  unit: z.enum(['people', 'records']).default('people'),
  by: z.array(name).max(3).default([]),
  where: condition.default({}),
  /** rate: of those, how many are so. */
  having: condition.optional(),
  /** mean: of which number. */
  of: name.optional(),
});
export type Question = z.output<typeof questionBody>;

/** Columns that must be one of these values; every list sorted, so that one question has one form. */
export type Condition = { column: string; values: (string | null)[] }[];

/** What one count is of: the cells of `by` among the records that meet `where`. */
export type Counting = {
  unit: 'people' | 'records';
  by: string[];
  where: Condition;
  /** Only records that state this column. */
  stated: string | null;
};

/** A condition in its one form: columns in order, values as PostgreSQL's text in order. */
export function conditionOf(given: z.output<typeof condition>): Condition {
  return Object.entries(given)
    .map(([column, values]) => ({
      column,
      values: [...new Set((Array.isArray(values) ? values : [values]).map(textOf))].sort(byText),
    }))
    .sort((a, b) => byText(a.column, b.column));
}

const textOf = (one: string | boolean | null): string | null => (one === null ? null : String(one));
const byText = (a: string | null, b: string | null): number =>
  a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1;

/** Throws MESH-4511 with every name that may not be asked by, or of. */
export function refuseUnaskable(question: Question, { dimensions, measures }: Askable): void {
  const errors: FieldError[] = [];
  const check = (path: string, column: string, allowed: ReadonlyMap<string, unknown>) => {
    if (allowed.has(column)) return;
    const fix = `One of: ${[...allowed.keys()].join(', ') || 'none in this view'}.`;
    const message = `The view cannot be asked by this. ${fix}`;
    errors.push({ path, code: outputPortErrors.unaskable.code, message, fix });
  };
  question.by.forEach((column, at) => check(`by[${at}]`, column, dimensions));
  for (const column of Object.keys(question.where)) check(`where.${column}`, column, dimensions);
  for (const column of Object.keys(question.having ?? {})) {
    check(`having.${column}`, column, dimensions);
  }
  const needs = { count: null, rate: 'having', mean: 'of' } as const;
  const needed = needs[question.measure];
  if (needed === 'of' || question.of !== undefined) check('of', question.of ?? '', measures);
  if (needed === 'having' && Object.keys(question.having ?? {}).length === 0) {
    const { code } = outputPortErrors.unaskable;
    const message = 'A rate is of those who meet a condition.';
    errors.push({ path: 'having', code, message, fix: 'Say which, such as {"status":"active"}.' });
  }
  if (errors.length > 0) throw problem(outputPortErrors.unaskable, undefined, errors);
}
