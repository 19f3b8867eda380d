import type { Change } from '@caremesh/contract';
import type { GovernanceEventType } from '../../events/outbox.js';
import { noticedBy } from '../../proposals/impact.js';
import type { Reader } from '../../proposals/impact.js';

/** Something to be told once, under its key. */
export type Notice = {
  key: string;
  type: GovernanceEventType;
  sentence: string;
  data: Record<string, unknown>;
};

/** A reminder so many days before the end; another end is another reminder. */
export function endingNotice({ endsAt, days }: { endsAt: Date; days: number }): Notice {
  const until = endsAt.toISOString();
  return {
    key: `ending:${until.slice(0, 10)}:${days}`,
    type: 'grant.expiring',
    sentence: `${endOf(endsAt)} A later end is asked for by an amendment, and decided before then.`,
    data: { until, days },
  };
}

/** A grant until a day ends when the day is over; that first moment after it has the next day's date. */
function endOf(endsAt: Date): string {
  const until = endsAt.toISOString();
  if (!until.endsWith('T00:00:00.000Z')) {
    return `The grant ends on ${until.slice(0, 10)} at ${until.slice(11, 16)} UTC.`;
  }
  const lastDay = new Date(endsAt.getTime() - 1).toISOString().slice(0, 10);
  return `The last day of the grant is ${lastDay}.`;
}

/** What is told of a review that is due; of emergency access that is late each day anew, which the key says. */
export function reviewNotice(due: { by: string; emergency: boolean; now: Date }): Notice {
  const { by, emergency, now } = due;
  const isLate = emergency && new Date(by) <= now;
  const today = now.toISOString().slice(0, 10);
  return {
    key: `review:${by}${isLate ? `:${today}` : ''}`,
    type: 'grant.review-due',
    sentence: emergency
      ? `Emergency access is to be reviewed by the Caldicott guardian before ${by}${isLate ? ', which is past' : ''}.`
      : `The review of the grant is due since ${by}.`,
    data: { by, overdue: isLate },
  };
}

/** What is told of a grant under which nothing was read for so many days, once a day. */
export function unusedNotice({ days, now }: { days: number; now: Date }): Notice {
  return {
    key: `unused:${now.toISOString().slice(0, 10)}`,
    type: 'grant.unused',
    sentence: `Nothing was read under the grant for ${days} days. If it is not needed any more, its requester gives it up by \`mesh grant revoke\`.`,
    data: { days },
  };
}

/** A version, and the grant whose recipient is told of it. */
export type NewVersion = Reader & {
  product: string;
  /** The major that the grant reads; the version may be of a later one. */
  major: number;
  version: string;
  at: Date;
  changes: readonly Change[];
};

/**
 * What a new version is to this recipient, in words, with the date: what changes in the fields they have, and in what the
 * contract says of the product as a whole. Of whom else a change touches nothing is said: that is for who decides on it.
 */
export function versionNotice(told: NewVersion): Notice {
  const { product, version, at, changes } = told;
  const published = at.toISOString();
  const [major = told.major] = version.split('.').map(Number);
  const theirs = noticedBy(changes, told);
  const others = changes.length - theirs.length;
  const isInFields = theirs.some(({ path }) => !path.startsWith('$'));
  const sentences = [
    `${product} ${version} is published since ${published.slice(0, 10)}.`,
    ...(major > told.major ? [besideWords(told.major, major)] : []),
    ...(isInFields ? [] : ['Nothing changes in the fields of this grant.']),
    ...theirs.map(({ sentence }) => sentence),
    ...(others > 0 ? [`${others} ${others === 1 ? 'change' : 'changes'} elsewhere.`] : []),
  ];
  return {
    key: `version:${product}:${version}`,
    type: 'grant.version-published',
    sentence: sentences.join(' '),
    data: {
      ...{ product, major, version, published },
      changes: theirs.map(({ path, class: grave, sentence }) => ({ path, class: grave, sentence })),
    },
  };
}

/** Another major is another topic, of which this grant reads nothing. */
const besideWords = (read: number, major: number): string =>
  `It is of major ${major}, on a topic of its own: this grant goes on reading major ${read}, and another is asked for to read that one.`;
