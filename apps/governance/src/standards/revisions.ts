import { namesOf, standardKey } from '@caremesh/contract';
import type { Standard } from '@caremesh/contract';
import type { EntityManager } from 'typeorm';
import { insert, upsert } from '../database/store.js';
import { hashOf } from '../motions/motions.js';
import { StandardEntity, StandardRevisionEntity } from './standard.entity.js';

/** Where a revision comes from: an approved motion, or a release of the mesh. */
type Origin = { motion: string; approvedBy: string } | 'release';

/** The next revision of a standard, as its two rows. Pure but for the clock. */
function rowsOf(content: Standard, before: StandardEntity | null, origin: Origin) {
  const key = standardKey(content.id);
  const at = new Date();
  const contentHash = hashOf(content);
  const revision = (before?.revision ?? 0) + 1;
  const isRelease = origin === 'release';
  const current: StandardEntity = {
    key,
    revision,
    content,
    contentHash,
    names: namesOf(content),
    careSettings: content.careSettings,
    useCases: content.useCases,
    state: content.state,
    mandated: content.mandation.status === 'mandated',
    seeded: isRelease,
    updatedAt: at,
  };
  const kept: StandardRevisionEntity = {
    key,
    revision,
    content,
    contentHash,
    motion: isRelease ? null : origin.motion,
    approvedBy: isRelease ? null : origin.approvedBy,
    at,
  };
  return { current, kept };
}

/** Makes these the current revisions, in the caller's transaction. */
export async function revise(
  em: EntityManager,
  changes: readonly { content: Standard; before: StandardEntity | null }[],
  origin: Origin,
): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ content, before }) => rowsOf(content, before, origin));
  const [kept, current] = [rows.map((row) => row.kept), rows.map((row) => row.current)];
  await insert(em, StandardRevisionEntity, kept);
  await upsert(em, StandardEntity, current, ['key']);
}

/** The standard that answers to a name, whatever its case; null if none does. */
export async function standardNamed(
  em: EntityManager,
  name: string,
): Promise<StandardEntity | null> {
  return em
    .createQueryBuilder(StandardEntity, 's')
    .where(':name = ANY(s.names)', { name: standardKey(name) })
    .getOne();
}
