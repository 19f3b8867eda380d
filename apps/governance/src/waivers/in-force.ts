import type { WaiverInForce } from '@caremesh/contract';
import { In, MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { MotionEntity } from '../motions/motion.entity.js';

/** What a waiver is about, as it is hashed and decided on. */
export type WaiverContent = {
  product: string;
  check: string;
  about: string | null;
  /** The first moment at which it holds no more, RFC 3339. */
  until: string;
  reason: string;
};

/** A waiver as a product shows it. */
export type ShownWaiver = WaiverInForce & { reason: string; approvedBy: string | null };

/** The waivers that hold for a product now: approved, and not at their end. */
export async function waiversInForce(em: EntityManager, product: string): Promise<WaiverInForce[]> {
  const held = (await waiversOn(em, [product])).get(product) ?? [];
  return held.map(({ id, check, about, until }) => ({ id, check, about, until }));
}

/** The waivers that hold now, by product: for whatever shows a product. */
export async function waiversOn(
  em: EntityManager,
  products: readonly string[],
): Promise<Map<string, ShownWaiver[]>> {
  const rows = await em.find(MotionEntity, {
    where: {
      kind: 'waiver',
      subject: In([...products]),
      state: 'approved',
      endsAt: MoreThan(new Date()),
    },
    order: { createdAt: 'ASC', id: 'ASC' },
  });
  const found = new Map<string, ShownWaiver[]>();
  for (const row of rows) found.set(row.subject, [...(found.get(row.subject) ?? []), shownOn(row)]);
  return found;
}

function shownOn({ id, content, decidedBy }: MotionEntity): ShownWaiver {
  const { check, about, until, reason } = content as WaiverContent;
  return { id, check, about, until, reason, approvedBy: decidedBy };
}
