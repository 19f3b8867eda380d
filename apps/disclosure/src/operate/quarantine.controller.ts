import { Allow, body, CallerOf, Documented, problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { findRefused, isRefusalCause, listRefused } from '@caremesh/product';
import type { RefusedItem } from '@caremesh/product';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import type { Pool } from 'pg';
import { z } from 'zod';

import { disclosureErrors } from '../errors.js';
import { POOL } from '../tokens.js';

/** Roles that answer for the whole mesh. */
const OVERSIGHT = [
  'governance-lead',
  'ig-lead',
  'caldicott-guardian',
  'auditor',
  'administrator',
] as const;

export const filter = z.object({
  cause: z
    .string()
    .refine(isRefusalCause, 'No fault has that code or name: give one as the listing shows it.')
    .optional(),
  // The domain whose topic the record stood on: it names no organisation that anybody can read.
  publisher: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'The name of a domain is expected.')
    .optional(),
  state: z.enum(['open', 'replayed', 'resolved', 'discarded']).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
});

/** What disclosure refused: bytes that no approved version of the product explains. */
@Controller('v1/quarantine')
@Allow('*')
export class QuarantineController {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  @Documented({
    summary: 'Records that no approved version explains; never their bytes',
    query: filter,
  })
  @Get()
  async list(@Query(body(filter)) query: z.output<typeof filter>, @CallerOf() caller: Caller) {
    const domains = domainsOf(caller);
    return listRefused(this.#pool, { ...query, publishers: domains ?? undefined });
  }

  @Documented({ summary: 'One of them' })
  @Get(':id')
  async show(@Param('id') id: string, @CallerOf() caller: Caller): Promise<RefusedItem> {
    const item = await findRefused(this.#pool, id);
    const domains = domainsOf(caller);
    if (item === null || (domains !== null && !domains.includes(item.publisher))) {
      throw problem(disclosureErrors.refusedRecordUnknown);
    }
    return item;
  }
}

/** Domains whose refused records a caller may see; null for all. */
function domainsOf({ kind, name, roles, team }: Caller): string[] | null {
  if (roles.some((role) => (OVERSIGHT as readonly string[]).includes(role))) return null;
  if (kind === 'domain') return [name];
  const publishes = roles.includes('publisher') || roles.includes('owner');
  return publishes && team !== null ? [team] : [];
}
