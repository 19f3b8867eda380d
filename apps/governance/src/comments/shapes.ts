import { z } from 'zod';
import { freeText } from '../decisions/free-text.js';
import { pageQuery } from '../http/page.js';
import type { CommentEntity } from './comment.entity.js';

export const commentBody = z.strictObject({
  text: freeText(z.string().trim().min(1, 'Say something.').max(4_000)),
  /** What it is about, as a path of the changes or checks: `dischargeMethod`, `$.purposes`. */
  path: freeText(z.string().trim().min(1).max(400)).optional(),
});
export type CommentBody = z.output<typeof commentBody>;

export const commentQuery = z.strictObject({ ...pageQuery });
export type CommentQuery = z.output<typeof commentQuery>;

/** A comment as the API shows it. */
export function showComment({ id, author, path, text, at }: CommentEntity) {
  return { id, author, path, text, at: at.toISOString() };
}
