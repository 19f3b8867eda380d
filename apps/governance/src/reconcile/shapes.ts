import { z } from 'zod';
import { pageQuery } from '../http/page.js';
import { DRIFT_KINDS, DRIFT_OUTCOMES } from './drift.entity.js';

export const driftQuery = z.strictObject({
  kind: z.enum(DRIFT_KINDS).optional(),
  outcome: z.enum(DRIFT_OUTCOMES).optional(),
  object: z.string().max(300).optional(),
  ...pageQuery,
});
export type DriftQuery = z.output<typeof driftQuery>;
