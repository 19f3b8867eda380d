import { repeatsName } from '@caremesh/contract';
import { jsonPlaceInWords } from '@caremesh/platform';

import { defineSource } from '../define/source.js';
import type { Source, SourceInput, SourceItem } from '../define/source.js';
import { fault, IntakeRefused } from '../errors.js';
import type { Fault } from '../errors.js';
import { References } from '../fhir/references.js';
import type { ReadResource } from '../fhir/references.js';
import { shownId } from '../person/shown-id.js';
import { surroundingsOf, tellsWhoOf } from './person.js';
import type { People, Where } from './person.js';
import { readEntry } from './read-entry.js';
import type { About } from './read-entry.js';
import { anyResource, bundle, ENTRIES, readOrganization, readPatient } from './resources.js';
import type { Entry } from './resources.js';
import type { ChoiceCode, ChoiceStatement } from './statement.js';

/** A practice of 20,000 people has some hundred such entries; a submission is read whole. */
const MOST_BYTES = 16 * 1024 * 1024;
const RESOURCE_ID = /^[A-Za-z0-9.-]{1,64}$/;

/** The name of every domain's source of choices, and so the end of its address: `/v1/intake/choices`. */
const CHOICES = 'choices';

/**
 * A domain's source of people's choices. `codes`: those entries of the domain's own systems that state one; a `Consent`
 * about care (purpose TREAT, permitted or denied) is understood by every domain.
 */
export function choiceSource(codes: readonly ChoiceCode[]): Source<ChoiceStatement> {
  const source = defineSource<ChoiceStatement>({
    name: CHOICES,
    method: 'http',
    contentTypes: ['application/fhir+json', 'application/fhir+ndjson'],
    maxBytes: MOST_BYTES,
    read: (input) => read(input, codes),
  });
  return { ...source, tells: 'choices' };
}

type Submission = Omit<About, 'place'>;
type Resource = { value: unknown; fullUrl?: string; raw: string; broken?: Fault };

async function* read(
  input: SourceInput,
  codes: readonly ChoiceCode[],
): AsyncGenerator<SourceItem<ChoiceStatement>> {
  const text = await textOf(input.body);
  const resources = input.contentType.includes('ndjson') ? lines(text) : whole(text);
  const people = peopleOf(resources);
  const submission = { codes, ...people, mode: input.environment, now: Date.now() };
  for (const [index, one] of resources.entries()) {
    const item = itemOf(index, one, submission);
    if (item) yield item;
  }
}

function itemOf(
  index: number,
  { value, fullUrl, raw, broken }: Resource,
  submission: Submission,
): SourceItem<ChoiceStatement> | null {
  const head = { index, sourceId: null as string | null, raw };
  const unread = (outcome: 'quarantined' | 'notUsed', ...errors: Fault[]) => ({
    ...head,
    outcome,
    errors,
  });
  if (broken) return unread('quarantined', broken);
  const known = anyResource.safeParse(value);
  if (!known.success) return unread('quarantined', fault('fhirTypeMissing', '/resourceType'));
  const { resourceType: kind } = known.data;
  if (kind === 'Patient' || kind === 'Organization') return null;
  head.sourceId = idOf(kind, known.data.id);
  if (!isEntry(kind)) return unread('notUsed', fault('kindNotUsed', '/resourceType'));
  const parsed = ENTRIES[kind].safeParse(value);
  if (!parsed.success) {
    const paths = parsed.error.issues.map(({ path }) => `/${path.map(String).join('/')}`);
    return unread('quarantined', ...paths.map((path) => fault('fhirElementInvalid', path)));
  }
  const about = { ...submission, place: { fullUrl, contained: parsed.data.contained ?? [] } };
  // An id may be what a local system knows the person by.
  head.sourceId = shownId(head.sourceId, tellsWhoOf(parsed.data, about)) ?? kind;
  // Kept with what it takes to read it again alone: the person it is about.
  head.raw = alone(value, parsed.data, about);
  const entry = readEntry(parsed.data, about);
  if (entry === null) return unread('notUsed', fault('kindNotUsed', ABOUT[kind]));
  if (Array.isArray(entry)) return unread('quarantined', ...entry);
  // Sent again it must not undo what came between; but an objection counts again, should it have been taken back.
  const at = entry.objects === true ? null : new Date(entry.at).toISOString();
  return { ...head, record: entry, at };
}

/** Where an entry says what it is about. */
const ABOUT = { Observation: '/code', Consent: '/provision' };

const isEntry = (kind: string): kind is keyof typeof ENTRIES => Object.hasOwn(ENTRIES, kind);

/** Kind and id; an id with ten digits in a row could be an NHS number and is left out. */
const idOf = (kind: string, id: unknown): string | null => {
  if (!isEntry(kind)) return null;
  const named = typeof id === 'string' && RESOURCE_ID.test(id) && !/\d{10}/.test(id);
  return named ? `${kind}/${id}` : kind;
};

/** The entry with the person that was found for it, each at its address, so that it is read again as it was read first. */
function alone(value: unknown, entry: Entry, where: Where): string {
  const { fullUrl } = where.place;
  const beside = surroundingsOf(entry, where);
  if (beside.length === 0 && !fullUrl) return JSON.stringify(value);
  const all = [
    { fullUrl, resource: value },
    ...beside.map((one) => ({ fullUrl: one.place.fullUrl, resource: one.resource })),
  ];
  return JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: all });
}

/** The people of a submission, for those entries that refer to them, and who issued what they are known by. */
function peopleOf(resources: readonly Resource[]): People {
  const patients = new References(readPatient);
  const organisations = new References(readOrganization);
  for (const [index, { value, fullUrl }] of resources.entries()) {
    const { data } = anyResource.safeParse(value);
    if (!data) continue;
    const { id, resourceType: kind } = data;
    const heldOf = <R extends object>(read: ReadResource<R>, contained: unknown[] = []) => ({
      ...{ kind, ...read, place: { fullUrl, contained }, index, used: false },
    });
    const patient = readPatient(kind, data);
    if (patient) patients.add(id, heldOf(patient, patient.resource?.contained));
    const organisation = readOrganization(kind, data);
    if (organisation) organisations.add(id, heldOf(organisation));
  }
  return { patients, organisations };
}

function whole(text: string): Resource[] {
  const value = parse(text);
  if (value instanceof Broken) throw new IntakeRefused(value.fault);
  const { data } = bundle.safeParse(value);
  if (!data) return [{ value, raw: text }];
  return (data.entry ?? []).map(({ resource, fullUrl }) => ({
    value: resource,
    raw: JSON.stringify(resource) ?? '',
    ...(fullUrl && { fullUrl }),
  }));
}

function lines(text: string): Resource[] {
  return text.split(/\r?\n/).flatMap((raw, at): Resource[] => {
    if (raw.trim() === '') return [];
    const value = parse(raw, `line ${at + 1}`);
    return [
      value instanceof Broken ? { value: undefined, raw, broken: value.fault } : { value, raw },
    ];
  });
}

class Broken {
  constructor(readonly fault: Fault) {}
}

/** The value of a text, or of the line of it that `path` names; `Broken` if it has none, or more than one may be meant. */
function parse(text: string, path = ''): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return repeatsName(text, value) ? new Broken(fault('jsonNameTwice', path)) : value;
  } catch {
    // The engine's own message quotes the input, so it goes nowhere.
    return new Broken(fault('jsonMalformed', path, jsonPlaceInWords(text, path !== '')));
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new IntakeRefused(fault('bodyTooLarge', ''));
  }
  return Buffer.concat(chunks).toString('utf8');
}
