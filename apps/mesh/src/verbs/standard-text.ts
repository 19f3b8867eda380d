import { card, table } from '../output.js';

/** A standard in a list, as HTTP gives it. */
export type StandardRow = {
  id: string;
  title: string;
  state: string;
  version: string | null;
  mandation: { status: string; legalBasis: string | null; notice: string | null };
  conformanceDate: string | null;
  owner: { name: string };
  summary: string;
};

type Support = { name: string; email: string | null; url: string | null };

export type StandardBody = StandardRow & {
  alsoKnownAs: string[];
  careSettings: string[];
  useCases: string[];
  effectiveFrom: string | null;
  why: string;
  example: { title: string; text: string; payload?: unknown };
  support: Support;
  documentation: string | null;
  appliesTo: { organisations: string };
  demand: string;
  moves: string[];
  revision: number;
  seeded: boolean;
  contentHash: string;
  effort: { days: [number, number]; what: string };
  rules: { name: string; kind: string }[];
  buildsOn: { id: string; title: string }[];
  products: { id: string; title: string; conformsTo: string | null }[];
};

export type StandardProposalBody = {
  id: string;
  state: string;
  contentHash: string;
  proposedBy: string;
  reason: string;
  standard: { id: string; title: string };
  decisionsNeeded: string[];
  decision: { decidedBy: string; role: string } | null;
  changes: { path: string; sentence: string }[];
  reaches: { product: string; demand: string; conforms: boolean }[];
};

/** Standards as a table, one to a line. */
export function standardTable(items: readonly StandardRow[]): string {
  return table(
    ['STANDARD', 'TITLE', 'STATE', 'MANDATED', 'FROM', 'OWNER'],
    items.map((one) => [
      one.id,
      one.title,
      one.state,
      one.mandation.status,
      one.conformanceDate,
      one.owner.name,
    ]),
    'No standards.',
  );
}

/** One standard, whole: what it says first, who must follow it next, whom to ask last. */
export function standardCard(one: StandardBody): string {
  const { mandation, example, support, effort } = one;
  const since = one.conformanceDate ?? (one.demand === 'now' ? 'in force' : null);
  const facts = card([
    ['standard', one.id],
    ['title', one.title],
    ['also known as', one.alsoKnownAs],
    ['says', one.summary],
    ['why', one.why],
    ['maturity', `${one.state} (next: ${one.moves.join(', ') || 'nothing'})`],
    ['version', one.version],
    ['mandated', mandation.legalBasis ?? mandation.status],
    ['since', since],
    ['applies to', one.appliesTo.organisations],
    ['care settings', one.careSettings],
    ['used for', one.useCases],
    ['builds on', one.buildsOn.map(({ id, title }) => `${id} (${title})`)],
    ['effort', `${effort.days.join(' to ')} days a product: ${effort.what}`],
    ['checked', one.rules.map(({ name }) => `${one.id}/${name}`)],
    ['owner', one.owner.name],
    ['ask', contactOf(support)],
    ['documentation', one.documentation],
    ['entry', `revision ${one.revision}${one.seeded ? ', seeded' : ''}, ${one.contentHash}`],
  ]);
  const payload = example.payload === undefined ? [] : [JSON.stringify(example.payload, null, 2)];
  const products = one.products.map(({ id, title, conformsTo }) => [id, title, conformsTo]);
  return [
    facts,
    [`Example: ${example.title}`, example.text, ...payload].join('\n'),
    table(['PRODUCT', 'TITLE', 'CONFORMS TO'], products, 'No product conforms yet.'),
  ].join('\n\n');
}

/** A proposed revision, and who decided on it. */
export function standardProposalCard(one: StandardProposalBody): string {
  const facts = card([
    ['id', one.id],
    ['standard', `${one.standard.id} ${one.standard.title}`],
    ['state', one.state],
    ['hash', one.contentHash],
    ['proposed by', one.proposedBy],
    ['reason', one.reason],
    one.decision
      ? ['decided by', `${one.decision.decidedBy} as ${one.decision.role}`]
      : ['to be decided by', one.decisionsNeeded],
  ]);
  return [
    facts,
    table(
      ['CHANGE'],
      one.changes.map(({ sentence }) => [sentence]),
      'Nothing changes.',
    ),
    table(
      ['PRODUCT', 'ASKED', 'CONFORMS'],
      one.reaches.map(({ product, demand, conforms }) => [product, demand, conforms]),
      'It reaches no product.',
    ),
  ].join('\n\n');
}

/** Where to ask, in one line: name, mail, page. */
export function contactOf({ name, email, url }: Support): string {
  return [name, email, url].filter(Boolean).join(', ');
}
