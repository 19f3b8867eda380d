import type { EntityManager } from 'typeorm';
import { turn } from '../database/store.js';

type Hold = (em: EntityManager, id: string) => Promise<void>;

/**
 * How the thing at an address is held still, by whoever changes it and by whoever compares it first: in the order in
 * which its own room takes the same locks, so that two writers never wait for each other in a circle.
 */
const HOLDS: Record<string, Hold> = {
  proposals: async (em, id) => {
    const [row] = await em.query<{ product: string }[]>(
      'SELECT product FROM proposal WHERE id = $1',
      [id],
    );
    if (!row) return;
    await turn(em, `product:${row.product}`);
    await em.query('SELECT 1 FROM proposal WHERE id = $1 FOR UPDATE', [id]);
  },
  grants: (em, id) => em.query('SELECT 1 FROM access_grant WHERE id = $1 FOR UPDATE', [id]),
  products: (em, id) => turn(em, `product:${id}`),
  waivers: holdMotion,
  agreements: holdMotion,
  'grant-policies': holdMotion,
  'standards/proposals': holdMotion,
};

async function holdMotion(em: EntityManager, id: string): Promise<void> {
  const [row] = await em.query<{ kind: string; subject: string }[]>(
    'SELECT kind, subject FROM motion WHERE id = $1',
    [id],
  );
  if (!row) return;
  await turn(em, `motion:${row.kind}:${row.subject}`);
  await em.query('SELECT 1 FROM motion WHERE id = $1 FOR UPDATE', [id]);
}

/** Holds what is at `/v1/<collection>/<id>` until the transaction ends. */
export function hold(em: EntityManager, collection: string, id: string): Promise<void> {
  const own = HOLDS[collection];
  return own ? own(em, id) : turn(em, `resource:${collection}/${id}`);
}
