import type { GovernanceEventType } from '../../events/outbox.js';

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

export function unusedNotice({ days, now }: { days: number; now: Date }): Notice {
  return {
    key: `unused:${now.toISOString().slice(0, 10)}`,
    type: 'grant.unused',
    sentence: `Nothing was read under the grant for ${days} days. If it is not needed any more, its requester gives it up by \`mesh grant revoke\`.`,
    data: { days },
  };
}

/** What a new version is to this recipient: in words, with the date, and of which fields they have. */
export function versionNotice(version: {
  product: string;
  major: number;
  version: string;
  at: Date;
  fields: readonly string[];
  changes: readonly { path: string; sentence: string }[];
}): Notice {
  const { product, major, at, fields, changes } = version;
  const published = at.toISOString();
  const touching = changes.filter(({ path }) => fields.some((name) => isAbout(path, name)));
  const said = touching.map(({ sentence }) => sentence).join(' ');
  const others = changes.length - touching.length;
  const rest = others > 0 ? ` ${others} ${others === 1 ? 'change' : 'changes'} elsewhere.` : '';
  return {
    key: `version:${product}:${version.version}`,
    type: 'grant.version-published',
    sentence:
      `${product} ${version.version} is published since ${published.slice(0, 10)}. ` +
      `${said || 'Nothing changes in the fields of this grant.'}${rest}`,
    data: { product, major, version: version.version, published, changes: touching },
  };
}

/** A change names a field of the schema by its path, wherever that begins. */
function isAbout(path: string, name: string): boolean {
  return path.split(/[./[\]]+/).includes(name);
}
