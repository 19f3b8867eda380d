import type { Io } from '../io.js';
import { as, CALDICOTT_GUARDIAN, GOVERNANCE_LEAD, reasonFor } from './people.js';

type Agreement = { id: string; reference: string; state: string; contentHash: string };

const REFERENCE = 'demonstration shared care record';
/** Organisations of the seeded people. */
const PARTIES = ['QUY', 'QR1', 'RRK'];

/**
 * The joint-controller agreement under which individual care can be tried without the papers: proposed by the Caldicott
 * guardian, approved by a governance lead. Ended by a lead, it stays ended.
 */
export async function agreeOnCare(io: Io): Promise<void> {
  const guardian = as(io, CALDICOTT_GUARDIAN);
  const { body: all } = await guardian.get<{ items: Agreement[] }>('/v1/agreements', {
    limit: '200',
  });
  const known = all.items.find(({ reference }) => reference === REFERENCE);
  if (known && known.state !== 'proposed') return;
  const agreement = known ?? (await proposed(io));
  await as(io, GOVERNANCE_LEAD).post(`/v1/agreements/${agreement.id}/decisions`, {
    decision: 'approve',
    contentHash: agreement.contentHash,
    reason: reasonFor('approved so that individual care can be tried'),
    demonstration: true,
  });
  io.stderr(`Demonstration: an agreement between ${PARTIES.join(', ')}\n`);
}

async function proposed(io: Io): Promise<Agreement> {
  const { body } = await as(io, CALDICOTT_GUARDIAN).post<Agreement>('/v1/agreements', {
    reference: REFERENCE,
    organisations: PARTIES,
    reason: reasonFor('organisations of the seeded people'),
    demonstration: true,
  });
  return body;
}
