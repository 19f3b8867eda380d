import { card, table } from '../output.js';
import { termFacts } from './grant-terms.js';
import type { Terms } from './grant-terms.js';

/** How a view stands at disclosure. */
export type ViewStanding = {
  topic: string;
  state: string;
  nationalOptOut: string;
  listedAt?: string | null;
  held: Trouble | null;
  /** What keeps a newer list from being used. */
  trouble?: Trouble | null;
};
type Trouble = { since: string; code: string; why: string };

type Step = { role: string; by: string | null };

/** What a decider attached; with a later end that is asked for it holds once that does. */
type Condition = { condition: string; role: string };

type Named = { ods: string; name: string | null; state: string };

type Basis = { article6: string; article9: string; commonLaw: string };

/** A grant as HTTP gives it. */
export type GrantBody = {
  id: string;
  state: string;
  kind: string;
  products: string[];
  fields: string[];
  purpose: string;
  from: string;
  until: string;
  principal: string;
  groupPrefix: string;
  organisation: string;
  /** What the register of organisations says of every code the grant names. */
  organisations?: Named[];
  /** The domain whose service reads too. */
  consumer?: string | null;
  legalBasis: Basis;
  reason: string;
  requestedBy: string;
  waitingFor: string | null;
  /** The role in which whoever asked may take the next decision, as themselves or for whom they stand in. */
  mayDecide?: string[];
  steps: Step[];
  terms?: Terms;
  jointControllers?: string | null;
  /** Products whose contract names another legal basis for the purpose, and which. */
  legalBasisDiffers?: { product: string; contract: Basis }[];
  /** What is asked for, while its requester is still writing it. */
  draft?: Terms | null;
  reviewOn?: string | null;
  narrowedTo?: { organisations: string[] } | null;
  conditions?: Condition[];
  autoGranted?: { rule: string } | null;
  amends?: string | null;
  /** A later end that is asked for, with the papers that are renewed and the conditions attached to it so far. */
  extension?: { until: string; steps: Step[]; terms?: Terms; conditions?: Condition[] } | null;
  breakGlass?: { reviewBy: string; review: { outcome: string; by: string } | null } | null;
  /** `retired`: of a major that nobody reads any more. */
  topics: { product: string; topic: string; subject: string; ready: boolean; retired?: boolean }[];
  withdrawals?: string | null;
  notices?: string;
  /** Approved, and its first day is still to come. */
  waitsForStart?: boolean;
  suspendedAs?: string | null;
  disclosure?: ViewStanding[] | null;
  credentials?: { clientId: string; createdAt: string; expires: string }[];
  timeline: { at: string; event: string; actor: string; role: string; reason: string | null }[];
};

/** One grant, whole. */
export function grantCard(grant: GrantBody): string {
  const facts: [string, unknown][] = [
    ['id', grant.id],
    ['state', grant.state],
    ['kind', grant.kind],
    ['purpose', grant.purpose],
    ['legal basis', basisText(grant.legalBasis)],
    ...(grant.legalBasisDiffers ?? []).map(({ product, contract }): [string, unknown] => [
      'the contract differs',
      `${product}: ${basisText(contract)}`,
    ]),
    ['organisation', organisationText(grant, grant.organisation)],
    ['requested by', grant.requestedBy],
    ['reason', grant.reason],
    ['period', `${grant.from} to ${grant.until}`],
    ['fields', grant.fields],
    ['decided by', stepsText(grant.steps)],
    ...(grant.mayDecide?.length
      ? [['you may decide as', grant.mayDecide] satisfies [string, unknown]]
      : []),
    ...furtherFacts(grant),
    ['groups', `${grant.groupPrefix}*`],
    ...(grant.consumer
      ? [['read by', `domain-${grant.consumer}`] satisfies [string, unknown]]
      : []),
    ...(grant.disclosure ?? []).flatMap(standingFacts),
    ...(grant.withdrawals
      ? [['told of withdrawals on', grant.withdrawals] satisfies [string, unknown]]
      : []),
    ...(grant.notices && grant.topics.some(({ ready }) => ready)
      ? [['told of the grant on', grant.notices] satisfies [string, unknown]]
      : []),
    ...(grant.waitingFor ? [['waiting for', grant.waitingFor] satisfies [string, unknown]] : []),
    ...nextFacts(grant),
  ];
  const topics = grant.topics.map(({ topic, ready, retired, subject }) => [
    topic,
    retired ? 'retired' : ready ? 'yes' : 'not yet',
    subject,
  ]);
  const credentials = (grant.credentials ?? []).map((one) => [
    one.clientId,
    one.createdAt,
    one.expires,
  ]);
  const events = grant.timeline.map((one) => [one.at, one.event, one.actor, one.role, one.reason]);
  return [
    card(facts),
    table(['TOPIC', 'READY', 'SUBJECT'], topics),
    ...(credentials.length > 0 ? [table(['CREDENTIAL', 'MADE', 'EXPIRES'], credentials)] : []),
    table(['AT', 'WHAT', 'WHO', 'AS', 'WHY'], events),
  ].join('\n\n');
}

/** Nothing of a held view can be read, whatever its topic says: that must be seen first. */
function standingFacts(view: ViewStanding): [string, unknown][] {
  const { topic, state, nationalOptOut, listedAt, held, trouble } = view;
  const optOut = nationalOptOut === 'applies' ? 'applies' : 'does not apply';
  const facts: [string, unknown][] = [
    ['view', `${topic}: ${state}; the national data opt-out ${optOut}`],
    ['held', held && inWords(held)],
    // Where the view is held for it, that is said already.
    ['no newer list', trouble && trouble.code !== held?.code && inWords(trouble)],
    ['list in use', trouble && listedAt && `since ${listedAt}`],
  ];
  return facts.filter(([, value]) => Boolean(value));
}

const inWords = ({ since, why, code }: Trouble): string => `since ${since}: ${why} (${code})`;

/** What only some grants have. */
function furtherFacts(grant: GrantBody): [string, unknown][] {
  const { conditions = [], narrowedTo, extension, breakGlass } = grant;
  const facts: [string, unknown][] = [
    ['conditions', conditions.map(conditionText)],
    ...termFacts({ reviewOn: grant.reviewOn, ...grant.terms, ...grant.draft }),
    ['joint controllers', grant.jointControllers],
    ['begins', grant.waitsForStart && `by itself, on ${grant.from}`],
    ['suspended as', grant.suspendedAs],
    ['people of', narrowedTo?.organisations.map((ods) => organisationText(grant, ods))],
    ['granted by rule', grant.autoGranted?.rule],
    ['amends', grant.amends],
    ...(extension ? extensionFacts(extension) : []),
    ['emergency', breakGlass && emergencyText(breakGlass)],
  ];
  const isSaid = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  return facts.filter(([, value]) => isSaid(value));
}

function extensionFacts({
  until,
  steps,
  terms = {},
  conditions = [],
}: NonNullable<GrantBody['extension']>): [string, unknown][] {
  const papers = termFacts(terms).map(([name, text]): [string, unknown] => [`with ${name}`, text]);
  return [
    ['later end asked', `${until}; ${stepsText(steps).join(', ')}`],
    ...papers,
    ['with conditions', conditions.map(conditionText)],
  ];
}

const conditionText = ({ condition, role }: Condition): string => `${condition} (${role})`;

function emergencyText({ review, reviewBy }: NonNullable<GrantBody['breakGlass']>): string {
  return review ? `${review.outcome}, by ${review.by}` : `to be reviewed before ${reviewBy}`;
}

/** What its requester can do with a request that is not asked for, or not any more. */
function nextFacts({ id, state }: GrantBody): [string, unknown][] {
  if (state === 'draft') return [['next', `mesh grant submit ${id}`]];
  return state === 'refused' ? [['to ask again', askAgain(id)]] : [];
}

/** How a request that was refused is asked for again. */
export const askAgain = (id: string): string =>
  `mesh grant edit ${id} <file>, with the whole request, then mesh grant submit ${id}`;

/** The role that decides next, on the request or on a later end; null while nothing waits. */
export function decidesNext({ state, steps, extension }: GrantBody): string | null {
  const next = (all: readonly Step[]) => all.find(({ by }) => by === null)?.role ?? null;
  if (state === 'requested') return next(steps);
  if (!extension || !['approved', 'active'].includes(state)) return null;
  return `${next(extension.steps)} (later end)`;
}

const stepsText = (steps: readonly Step[]): string[] =>
  steps.map(({ role, by }) => `${role}: ${by ?? 'waiting'}`);

/** A code that nobody could look up says so: it may be mistyped, and whoever decides has to know whose it is. */
function organisationText({ organisations }: GrantBody, ods: string): string {
  const named = organisations?.find((one) => one.ods === ods);
  if (!named) return ods;
  const { name, state } = named;
  if (name === null) return `${ods} (not in the register kept here: look it up)`;
  return `${ods} (${name}${state === 'open' ? '' : `, ${state}`})`;
}

/** A draft may say nothing of it yet. */
function basisText({ article6, article9, commonLaw }: GrantBody['legalBasis']): string | null {
  return article6 ? `${article6} / ${article9} / ${commonLaw}` : null;
}
