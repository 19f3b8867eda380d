import { CARE_SETTINGS, STANDARD_STATES, STANDARD_TYPES, USE_CASES } from '@caremesh/contract';
import type { CareSetting, StandardType, UseCase } from '@caremesh/contract';
import { z } from 'zod';
import { reason } from '../decisions/shapes.js';
import { pageQuery } from '../http/page.js';
import { motionQuery } from '../motions/shapes.js';
import type { StandardEntity, StandardRevisionEntity } from './standard.entity.js';

export const careSetting = z.enum(Object.keys(CARE_SETTINGS) as [CareSetting]);
export const useCase = z.enum(Object.keys(USE_CASES) as [UseCase]);

export const standardQuery = z.strictObject({
  q: z.string().max(200).optional(),
  careSetting: careSetting.optional(),
  useCase: useCase.optional(),
  state: z.enum(STANDARD_STATES).optional(),
  type: z.enum(Object.keys(STANDARD_TYPES) as [StandardType]).optional(),
  mandated: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  ...pageQuery,
});
export type StandardQuery = z.output<typeof standardQuery>;

/** The entry is held against `schemas/mesh/standards/standard.schema.json`, which says where it is wrong. */
export const proposeStandardBody = z.strictObject({
  standard: z.record(z.string().max(60), z.unknown()),
  reason,
  demonstration: z.boolean().default(false),
});
export type ProposeStandardBody = z.output<typeof proposeStandardBody>;

export const standardProposalQuery = z.strictObject({
  standard: z.string().max(120).optional(),
  ...motionQuery,
});
export type StandardProposalQuery = z.output<typeof standardProposalQuery>;

/** The day on which the catalogue is asked, YYYY-MM-DD. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** A standard in a list: what it is, how far it has come, and whether it must be followed. */
export function summaryOf({ content, revision, seeded }: StandardEntity) {
  const { id, title, owner, type, careSettings, useCases, state, version, summary } = content;
  const { mandation, conformanceDate } = content;
  return {
    id,
    title,
    owner,
    type,
    careSettings,
    useCases,
    state,
    version,
    mandation,
    conformanceDate,
    summary,
    revision,
    seeded,
  };
}

/** A standard, whole. */
export function showStandard({
  content,
  revision,
  contentHash,
  seeded,
  updatedAt,
}: StandardEntity) {
  return { ...content, revision, contentHash, seeded, updatedAt: updatedAt.toISOString() };
}

/** A revision of a standard as the API shows it; `seeded` is one that came with the mesh. */
export function showRevision(row: StandardRevisionEntity) {
  const { revision, contentHash, motion, approvedBy, at, content } = row;
  return {
    revision,
    contentHash,
    seeded: motion === null,
    proposal: motion,
    approvedBy,
    at: at.toISOString(),
    standard: content,
  };
}
