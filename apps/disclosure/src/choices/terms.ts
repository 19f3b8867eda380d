import { choiceApplies } from '@caremesh/contract';
import { inTransaction } from '@caremesh/platform';
import type { ClientBase, Pool } from 'pg';

import type { GrantedView } from '../grants/governance.js';
import type { OptOutRule } from '../keys/pseudonym-keys.js';

/** The rule of the opt-out that a view begins under, and so which of its recipient's keys it has. */
export const optOutRule = (granted: GrantedView): OptOutRule =>
  optOutApplies(granted) ? 'applies' : 'exempt';

/** Whether the national data opt-out applies to a granted view. */
function optOutApplies({ recipient, commonLaw, exemption }: GrantedView): boolean {
  const { purpose } = recipient;
  // Whatever a view leaves out, its records are each about one person: it is not anonymised.
  return choiceApplies('national', { purpose, commonLaw, exemption, data: 'confidential' }).applies;
}

/**
 * Writes down on what terms a view is written, in the transaction that begins it. Of one that is begun again the list in force
 * was swept without it: whoever opted out while its grant was suspended is still in what its recipient has.
 */
export async function keepTerms(
  client: Pick<ClientBase, 'query'>,
  viewId: number,
  granted: GrantedView,
): Promise<void> {
  const { organisation } = granted.recipient;
  const optOut = optOutApplies(granted);
  await client.query(
    `INSERT INTO check_list (organisation) VALUES ($1) ON CONFLICT (organisation) DO NOTHING`,
    [organisation],
  );
  await client.query(
    `UPDATE check_list SET swept = false
     WHERE organisation = $1 AND $2 AND EXISTS (SELECT FROM view_person WHERE view_id = $3)`,
    [organisation, optOut, viewId],
  );
  await client.query(
    `INSERT INTO view_terms (view_id, opt_out, erase, narrowed_to) VALUES ($1, $2, $3, $4)
     ON CONFLICT (view_id) DO UPDATE SET opt_out = excluded.opt_out, erase = excluded.erase,
       narrowed_to = excluded.narrowed_to,
       refill = view_terms.refill OR (view_terms.holds_back AND NOT excluded.opt_out)`,
    [viewId, optOut, granted.erase, granted.narrowedTo ?? null],
  );
}

/**
 * The same for views that go on: what was decided of a grant may have changed. A view that the opt-out did not apply to and
 * now does is filled again, so that its people are asked about, and whoever is not on the list is withdrawn.
 */
export async function refreshTerms(pool: Pool, granted: readonly GrantedView[]): Promise<void> {
  const terms = [
    granted.map(({ topic }) => topic),
    granted.map(optOutApplies),
    granted.map(({ erase }) => erase),
  ];
  const { rows } = await pool.query<{ organisation: string }>(
    `SELECT v.organisation FROM unnest($1::text[], $2::boolean[], $3::boolean[]) AS g (topic, opt_out, erase)
     JOIN view v USING (topic) JOIN view_terms t ON t.view_id = v.id
     WHERE (t.opt_out, t.erase) IS DISTINCT FROM (g.opt_out, g.erase)`,
    terms,
  );
  if (rows.length === 0) return;
  await inTransaction(pool, async (client) => {
    // First, as by all who change terms: a list that is put in force locks its row, and then the terms.
    await client.query(
      'SELECT FROM check_list WHERE organisation = ANY($1) ORDER BY organisation FOR UPDATE',
      [rows.map(({ organisation }) => organisation)],
    );
    await client.query(CHANGE_TERMS, terms);
  });
}

const CHANGE_TERMS = `WITH changed AS (
       UPDATE view_terms t SET opt_out = g.opt_out, erase = g.erase,
         refill = t.refill OR (t.opt_out <> g.opt_out AND (t.holds_back OR g.opt_out))
       FROM unnest($1::text[], $2::boolean[], $3::boolean[]) AS g (topic, opt_out, erase) JOIN view v USING (topic)
       WHERE t.view_id = v.id AND (t.opt_out, t.erase) IS DISTINCT FROM (g.opt_out, g.erase)
       RETURNING v.organisation, t.opt_out)
     UPDATE check_list SET swept = false
     WHERE organisation IN (SELECT organisation FROM changed WHERE opt_out)`;
