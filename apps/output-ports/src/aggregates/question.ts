import { jsonPath, problem } from '@caremesh/platform';
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

/**
 * The table that a part of a question is answered from: a cell for every value of every column it names, in the order
 * of their names, so that all wordings of a question come to the same cells.
 */
export function tableOf({ unit, by, where, stated }: Counting): Counting {
  const columns = new Set([...by, ...where.map(({ column }) => column)]);
  return { unit, by: [...columns].sort(byText), where: [], stated };
}

/** What is counted first; of a rate, then those of them who are so. */
export function partsOf(question: Question): [Counting] | [Counting, Counting] {
  const { unit, measure, having, of } = question;
  const by = [...new Set(question.by)];
  const where = conditionOf(question.where);
  const part = { unit, by, where, stated: measure === 'mean' ? (of ?? null) : null };
  if (measure !== 'rate') return [part];
  return [part, { ...part, where: conjunction(where, conditionOf(having ?? {})) }];
}

/** Both conditions: of a column in both, the values that are in both. */
function conjunction(a: Condition, b: Condition): Condition {
  const given = new Map(a.map((one) => [one.column, one]));
  const merged = b.map((one) => {
    const other = given.get(one.column);
    const values = other ? one.values.filter((each) => other.values.includes(each)) : one.values;
    given.delete(one.column);
    return { column: one.column, values };
  });
  return [...given.values(), ...merged].sort((x, y) => byText(x.column, y.column));
}

/** A condition in its one form: columns in order, values as PostgreSQL's text in order. */
function conditionOf(given: z.output<typeof condition>): Condition {
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

/** As many as the body of a request is told of at most. */
const MOST_ERRORS = 100;

/** Throws MESH-4511 with every name that may not be asked by, or of. */
export function refuseUnaskable(question: Question, { dimensions, measures }: Askable): void {
  const errors: FieldError[] = [];
  const check = (
    path: (string | number)[],
    column: string,
    allowed: ReadonlyMap<string, unknown>,
  ) => {
    if (allowed.has(column) || errors.length === MOST_ERRORS) return;
    const fix = `One of: ${[...allowed.keys()].join(', ') || 'none in this view'}.`;
    const message = `The view cannot be asked by this. ${fix}`;
    errors.push({ path: jsonPath(path), code: outputPortErrors.unaskable.code, message, fix });
  };
  question.by.forEach((column, at) => check(['by', at], column, dimensions));
  for (const column of Object.keys(question.where)) check(['where', column], column, dimensions);
  for (const column of Object.keys(question.having ?? {})) {
    check(['having', column], column, dimensions);
  }
  errors.push(...misplaced(question));
  if (question.measure === 'mean') check(['of'], question.of ?? '', measures);
  if (errors.length > 0) throw problem(outputPortErrors.unaskable, undefined, errors);
}

/** What a measure needs and does not have, or has and would not look at. */
function misplaced({ measure, having, of }: Question): FieldError[] {
  const { code } = outputPortErrors.unaskable;
  const isConditioned = Object.keys(having ?? {}).length > 0;
  if (measure === 'rate' && !isConditioned) {
    const message = 'A rate is of those who meet a condition.';
    return [{ path: '$.having', code, message, fix: 'Say which, such as {"status":"active"}.' }];
  }
  const errors: FieldError[] = [];
  if (measure !== 'rate' && having !== undefined) {
    const message = 'Only a rate is of those who meet a further condition.';
    errors.push({ path: '$.having', code, message, fix: 'Ask for a rate, or put it under where.' });
  }
  if (measure !== 'mean' && of !== undefined) {
    const message = 'Only a mean is of a column.';
    errors.push({ path: '$.of', code, message, fix: 'Ask for a mean, or leave it out.' });
  }
  return errors;
}
