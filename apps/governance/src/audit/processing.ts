import { names } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import type { GrantEntity } from '../grants/grant.entity.js';
import { GRANTED_STATES, isOneOf } from '../grants/lifecycle.js';
import { optOutOf } from '../grants/show.js';
import { csvOf } from './csv.js';

export type Row = Pick<
  GrantEntity,
  'state' | 'kind' | 'purpose' | 'organisation' | 'steps' | 'reason' | 'terms'
> & {
  id: string;
  legal_basis: GrantEntity['legalBasis'];
  starts_at: Date;
  ends_at: Date;
  activated_at: Date | null;
  ended_at: Date | null;
  product: string;
  major: number;
  topic: string;
  fields: string[];
  contract: DataContract;
};

/**
 * The record of processing activities (UK GDPR article 30) that the mesh can write for an organisation: for each
 * product that it was given, the purpose, the legal basis, the categories of data, the time limits, the safeguards
 * and who decided.
 */
@Injectable()
export class ProcessingRecord {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** As CSV (RFC 4180) with a line of names; of one organisation (ODS code), or of all. */
  async csv(organisation: string | undefined): Promise<string> {
    const rows = await this.#store.reader.query<Row[]>(
      `SELECT g.id, g.state, g.kind, g.purpose, g.legal_basis, g.organisation, g.steps, g.reason, g.terms, g.starts_at,
              g.ends_at, g.activated_at, g.ended_at, p.product, p.major, p.topic, p.fields, c.contract
         FROM access_grant g JOIN grant_product p ON p.grant_id = g.id
         JOIN product_major m ON m.product = p.product AND m.major = p.major
         JOIN version_content c ON c.content_hash = m.latest_hash
        WHERE ${isOneOf('g.state', GRANTED_STATES)} AND ($1::text IS NULL OR g.organisation = $1)
        ORDER BY g.organisation, g.starts_at, g.id, p.product, p.major`,
      [organisation ?? null],
    );
    return csvOf(COLUMNS, rows);
  }
}

const COLUMNS: Record<string, (row: Row) => string> = {
  organisation: (row) => row.organisation,
  grant: (row) => row.id,
  product: (row) => row.product,
  major: (row) => String(row.major),
  'publishing domain': (row) => row.contract.domain,
  'care settings': (row) => row.contract.careSetting.join('; '),
  purpose: (row) => row.purpose,
  'purpose in words': (row) => row.reason,
  'legal basis (UK GDPR article 6)': (row) => row.legal_basis.article6,
  'condition (UK GDPR article 9)': (row) => row.legal_basis.article9,
  'common law of confidence': (row) => row.legal_basis.commonLaw,
  'categories of people': () => 'people who receive care',
  'categories of data': (row) => categoriesOf(row).join('; '),
  fields: (row) => row.fields.join('; '),
  'received as': (row) => receivedAs(row),
  recipient: (row) => names.grantPrincipal(row.id),
  safeguards: (row) => safeguardsOf(row),
  retention: (row) => retentionOf(row),
  state: (row) => row.state,
  from: (row) => row.starts_at.toISOString(),
  until: (row) => row.ends_at.toISOString(),
  'access began': (row) => row.activated_at?.toISOString() ?? '',
  'access ended': (row) => row.ended_at?.toISOString() ?? '',
  'decided by': (row) =>
    row.steps.map(({ role, by }) => `${role}: ${by ?? 'nobody yet'}`).join('; '),
};

/** A view of fields, or of the people of some organisations; or the product itself. */
export function receivedAs({ topic }: Pick<Row, 'topic'>): string {
  return names.parseTopic(topic)?.kind === 'view' ? `own view ${topic}` : `product ${topic}`;
}

/** What is kept of people's choice is what the grant has it, not what a view usually has. */
export function safeguardsOf(row: Pick<Row, 'kind' | 'purpose' | 'legal_basis' | 'terms'>): string {
  const { kind, purpose, legal_basis: legalBasis, terms } = row;
  if (kind === 'individual-care') {
    const people = terms.narrowedTo
      ? [`people of ${terms.narrowedTo.organisations.join(', ')}`]
      : [];
    return ['direct care', 'record as published', ...people].join('; ');
  }
  const { applies, rule } = optOutOf({ purpose, legalBasis, terms });
  const choices = applies ? 'opt-outs kept' : `national data opt-out not applied (${rule})`;
  return `granted fields only; pseudonyms; ${choices}`;
}

/** How long the recipient keeps it, as agreed; where nothing was, how long the product keeps a record. */
export function retentionOf({ terms, contract }: Pick<Row, 'terms' | 'contract'>): string {
  const { retention } = terms;
  if (!retention) return contract.retention.records;
  const erased = retention.eraseWithdrawn ? '; who is taken out is erased' : '';
  return `${retention.period} from the end of the grant${erased}`;
}

function categoriesOf({ contract, fields }: Row): string[] {
  const granted = contract.fields.filter(({ name }) => fields.includes(name));
  return [...new Set(granted.map(({ classification }) => classification ?? 'none'))].sort();
}
