import { card, table } from '../output.js';

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
  /** The domain whose service reads too. */
  consumer?: string | null;
  legalBasis: { article6: string; article9: string; commonLaw: string };
  reason: string;
  requestedBy: string;
  waitingFor: string | null;
  /** The role in which whoever asked may take the next decision, as themselves or for whom they stand in. */
  mayDecide?: string[];
  steps: { role: string; by: string | null }[];
  terms?: Record<string, unknown>;
  reviewOn?: string | null;
  narrowedTo?: { organisations: string[] } | null;
  conditions?: { condition: string; role: string }[];
  autoGranted?: { rule: string } | null;
  amends?: string | null;
  extension?: { until: string; steps: { role: string; by: string | null }[] } | null;
  breakGlass?: { reviewBy: string; review: { outcome: string; by: string } | null } | null;
  topics: { product: string; topic: string; subject: string; ready: boolean }[];
  withdrawals?: string | null;
  disclosure?: ViewStanding[] | null;
  credentials?: { clientId: string; createdAt: string; expires: string }[];
  timeline: { at: string; event: string; actor: string; role: string; reason: string | null }[];
};

/** One grant, whole. */
export function grantCard(grant: GrantBody): string {
  const { article6, article9, commonLaw } = grant.legalBasis;
  const facts: [string, unknown][] = [
    ['id', grant.id],
    ['state', grant.state],
    ['kind', grant.kind],
    ['purpose', grant.purpose],
    ['legal basis', `${article6} / ${article9} / ${commonLaw}`],
    ['organisation', grant.organisation],
    ['requested by', grant.requestedBy],
    ['reason', grant.reason],
    ['period', `${grant.from} to ${grant.until}`],
    ['fields', grant.fields],
    ['decided by', grant.steps.map(({ role, by }) => `${role}: ${by ?? 'waiting'}`)],
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
    ...(grant.waitingFor ? [['waiting for', grant.waitingFor] satisfies [string, unknown]] : []),
  ];
  const topics = grant.topics.map(({ topic, ready, subject }) => [
    topic,
    ready ? 'yes' : 'not yet',
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
    ['conditions', conditions.map(({ condition, role }) => `${condition} (${role})`)],
    ['review on', grant.reviewOn],
    ['people of', narrowedTo?.organisations],
    ['granted by rule', grant.autoGranted?.rule],
    ['amends', grant.amends],
    [
      'later end asked',
      extension &&
        `${extension.until}; ${extension.steps.map(({ role, by }) => `${role}: ${by ?? 'waiting'}`).join(', ')}`,
    ],
    [
      'emergency',
      breakGlass &&
        (breakGlass.review
          ? `${breakGlass.review.outcome}, by ${breakGlass.review.by}`
          : `to be reviewed before ${breakGlass.reviewBy}`),
    ],
  ];
  const isSaid = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  return facts.filter(([, value]) => isSaid(value));
}
