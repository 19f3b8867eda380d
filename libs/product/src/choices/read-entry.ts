import { fault } from '../errors.js';
import type { Fault, FaultName } from '../errors.js';
import { parseDate, parseDateTime } from '../person/uk-time.js';
import type { ParsedTime } from '../person/uk-time.js';
import { meaningOf } from './meaning.js';
import type { Meaning } from './meaning.js';
import { personOf } from './person.js';
import type { Faults, Where } from './person.js';
import type { Entry } from './resources.js';
import type { ChoiceCode, ChoiceStatement } from './statement.js';

/**
 * What the status of an entry makes of it: it counts, or it takes back what was said under its id, with the fault that is
 * told where nothing was. An entry of any other status says nothing yet, or nothing any longer.
 */
const STATUSES: Record<Entry['resourceType'], ReadonlyMap<string, 'counts' | FaultName>> = {
  Observation: new Map([
    ['final', 'counts'],
    ['amended', 'counts'],
    ['corrected', 'counts'],
    ['entered-in-error', 'choiceInError'],
  ]),
  Consent: new Map([
    ['active', 'counts'],
    ['inactive', 'choiceStatus'],
    ['entered-in-error', 'choiceInError'],
  ]),
};

/** Clocks differ, and a day begins in London an hour before it does in UTC. */
const AHEAD_MS = 86_400_000;

/** Null: the entry is about no choice. */
export type EntryRead = ChoiceStatement | Fault[] | null;

/** What an entry is read against. */
export type About = Where & { codes: readonly ChoiceCode[]; now: number };

/** Reads one entry. Each fault names a path; nothing of what stands there is repeated. */
export function readEntry(entry: Entry, about: About): EntryRead {
  const meant = meaningOf(entry, about.codes);
  if (meant === null) return null;
  if ('code' in meant) return [meant];
  const said = saidBy(entry, meant, about.now);
  const who = personOf(entry, about);
  const faults = [said, who].flatMap((one) => ('faults' in one ? one.faults : []));
  if ('faults' in said || 'faults' in who) return faults;
  return { ...said, choice: meant.choice, person: who };
}

function saidBy(
  entry: Entry,
  { objects }: Meaning,
  now: number,
): Pick<ChoiceStatement, 'objects' | 'at' | 'id' | 'changed' | 'unheld'> | Faults {
  const { id = '', meta } = entry;
  const status = STATUSES[entry.resourceType].get(entry.status) ?? 'choiceStatus';
  const isTakenBack = entry.status === 'inactive' || entry.status === 'entered-in-error';
  if (status !== 'counts' && (!isTakenBack || id === ''))
    return { faults: [fault(status, '/status')] };
  const changed = meta?.lastUpdated === undefined ? null : changedAt(meta.lastUpdated, now);
  if (changed?.fault) return { faults: [changed.fault] };
  const head = { id, ...(changed && { changed: changed.value }) };
  if (status !== 'counts') return { objects: null, at: 0, ...head, unheld: status };
  if (typeof objects !== 'boolean') return { faults: [objects] };
  const at = effectOf(entry, now);
  return at.fault ? { faults: [at.fault] } : { objects, at: at.value, ...head };
}

type Moment = { value: number; fault?: undefined } | { fault: Fault };

function effectOf(entry: Entry, now: number): Moment {
  const [when, path] =
    entry.resourceType === 'Consent'
      ? [entry.dateTime, '/dateTime']
      : [entry.effectiveDateTime, '/effectiveDateTime'];
  if (when === undefined) return { fault: fault('choiceUndated', path) };
  return past(when.length > 10 ? parseDateTime(when, path) : parseDate(when, path), path, now);
}

const changedAt = (when: string, now: number): Moment =>
  past(parseDateTime(when, '/meta/lastUpdated'), '/meta/lastUpdated', now);

/** What is dated ahead would outdo everything that is said until then. */
function past(time: ParsedTime, path: string, now: number): Moment {
  if (time.fault) return { fault: time.fault };
  const value = Date.parse(time.value);
  return value > now + AHEAD_MS ? { fault: fault('choiceInFuture', path) } : { value };
}
