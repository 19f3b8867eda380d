import { z } from 'zod';
import { freeText } from '../decisions/free-text.js';
import { careSetting, useCase } from '../standards/shapes.js';

export const scheduleQuery = z.strictObject({
  /** Identifiers, separated by commas. Left out, what is mandated where and for what is named. */
  ids: z
    .string()
    .max(2_000)
    .transform((text) => text.split(',').map((id) => id.trim()))
    .pipe(z.array(z.string().min(1).max(120)).max(200))
    .optional(),
  careSetting: careSetting.optional(),
  useCase: useCase.optional(),
  title: z.string().trim().min(3).max(200).optional(),
  format: z.enum(['json', 'markdown', 'csv']).default('json'),
});
export type ScheduleQuery = z.output<typeof scheduleQuery>;

export const gapsQuery = z.strictObject({
  /** ODS code of the owner of products. */
  organisation: z
    .string()
    .regex(/^[A-Z0-9]{3,10}$/, 'An ODS code is expected.')
    .optional(),
  domain: z.string().max(60).optional(),
  careSetting: careSetting.optional(),
});
export type GapsQuery = z.output<typeof gapsQuery>;

export const serviceQuery = z.strictObject({
  format: z.enum(['json', 'markdown']).default('json'),
});
export type ServiceQuery = z.output<typeof serviceQuery>;

export const joinBody = z.strictObject({
  note: freeText(z.string().trim().min(3).max(400)),
});
export type JoinBody = z.output<typeof joinBody>;
