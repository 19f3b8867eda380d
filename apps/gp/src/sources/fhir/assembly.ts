import {
  choiceStatedAt,
  fault,
  isFault,
  type Fault,
  type Held,
  type Mode,
  type Place,
  type SourceItem,
} from '@caremesh/product';
import { TYPE_1_CODES } from '../../choices/type-1.js';
import { organisation } from '../../organisation.js';
import { Submission } from './conditional.js';
import type { Entry } from './entries.js';
import { contestedBy, lonePatient, unreadPatient } from './lone-patient.js';
import {
  isComplete,
  itemOf,
  sourceIdOf,
  type Found,
  type MedicineEntry,
} from './medicine-entry.js';
import {
  isMedicineKind,
  isSupportingKind,
  readMedicine,
  readSupporting,
  type Supporting,
} from './resources.js';
import { isMarked } from './restriction.js';
import { hostileStructure } from './text.js';
import { isOtherVersion } from './version.js';

type Item = SourceItem<MedicineEntry>;
type Stated = Exclude<Entry, { unread: Fault }>;
type Waiting = { one: Found | Item; size: number };

/**
 * Statements that may wait for what stands further on, and the text they may have; beyond, the oldest are taken as they are.
 * A name without a server is settled only at the end, and a file may be larger than memory: a second holder of a name
 * that comes later than that is told of instead (`contested`).
 */
const WAITING_MAX = 10_000;
const WAITING_TEXT_MAX = 32 * 1024 * 1024;

/** Kinds that may be named in an answer; what a sender calls others is not repeated. */
const KNOWN_KINDS = new Set(
  (
    'AllergyIntolerance Appointment Binary Bundle CarePlan CareTeam Composition Condition Consent Coverage Device ' +
    'DiagnosticReport DocumentReference Encounter EpisodeOfCare FamilyMemberHistory Flag Goal HealthcareService ' +
    'Immunization List Location Medication MedicationAdministration MedicationDispense MessageHeader Observation ' +
    'OperationOutcome Organization Parameters Patient Practitioner PractitionerRole Procedure Provenance ' +
    'Questionnaire QuestionnaireResponse RelatedPerson Schedule ServiceRequest Slot Specimen Task'
  ).split(' '),
);

/**
 * Puts the resources of one submission together: each statement or request becomes an item as soon as it is settled
 * what it refers to, wherever in the submission that stands, and never before one that stood before it: two
 * states of one resource must not change places. A resource that serves one is part of it; one that serves none
 * is an item left out.
 */
export class Assembly {
  private readonly references = new Submission((kind, resource) =>
    isSupportingKind(kind) ? readSupporting(kind, resource) : null,
  );
  /** Patients marked as restricted who cannot be read, as they came. */
  private readonly unread = new Map<Held<Supporting>, object>();
  private queue: Waiting[] = [];
  private text = 0;
  private count = 0;

  constructor(private readonly mode: Mode) {}

  /** The items that are complete now. */
  add(entry: Entry): Item[] {
    const { bundle, more, shift = 0, size = 0 } = entry;
    const one = this.place(entry, this.count++ + shift);
    if (one) {
      this.queue.push({ one, size });
      this.text += size;
    }
    if (more) return [];
    if (bundle !== undefined) this.references.close(bundle);
    return this.release();
  }

  /** Everything still waiting, as it is, and the resources that served nobody. */
  end(): Item[] {
    const last = this.queue.splice(0).map(({ one }) => this.finished(one));
    return [...last, ...this.references.unused().map((held) => this.unserving(held))];
  }

  /** What an entry is: an item, a medicine that may wait, or a resource kept for others (null). */
  private place(entry: Entry, index: number): Found | Item | null {
    if (entry.unread)
      return { ...head(index, null, entry.raw), outcome: 'quarantined', errors: [entry.unread] };
    const { value, fullUrl, bundle } = entry;
    if (entry.without) return nothingIn(index, entry.without);
    const hostile = hostileStructure(value);
    const kind = kindOf(value);
    if (hostile) return notText(index, kind, value as object, hostile);
    if (entry.asks) return notStated(index, kind, entry);
    if (kind === null)
      return unreadable(index, null, value ?? null, fault('fhirTypeMissing', '/resourceType'));
    const resource = dated(value as Record<string, unknown>, entry.lastModified);
    const other = entry.otherVersion || isOtherVersion(kind, resource);
    const place = { fullUrl, bundle, contained: [] };
    if (isMedicineKind(kind)) return medicineOf(index, kind, resource, other, place);
    if (other || !isSupportingKind(kind)) return leftOut(index, kind, resource, other);
    const read = readSupporting(kind, resource);
    const held = { kind, ...read, place: around(read.resource, place), index, used: false };
    this.references.add(resource['id'], held);
    if (kind === 'Patient' && read.resource === null && isMarked(resource))
      this.unread.set(held, resource);
    return null;
  }

  /**
   * A resource that served nobody: left out, but of a patient what they say of being restricted. One whose name was taken
   * for another's cannot be left out: what stands under that name may be theirs.
   */
  private unserving(held: Held<Supporting>): Item {
    const leftOut = notUsed(held.index, held.kind, false);
    const original = this.unread.get(held);
    if (original) return unreadPatient(leftOut, original, held.faults);
    const item = lonePatient(held, leftOut, this.references, this.mode) ?? leftOut;
    return held.contested ? contestedBy(held, item) : item;
  }

  private release(): Item[] {
    let ready = 0;
    while (ready < this.queue.length && this.mayGo(this.queue[ready]!.one)) ready++;
    const full = this.queue.length > WAITING_MAX || this.text > WAITING_TEXT_MAX;
    if (ready === 0 && full) ready = Math.ceil(this.queue.length / 20);
    const gone = this.queue.splice(0, ready);
    for (const { size } of gone) this.text -= size;
    return gone.map(({ one }) => this.finished(one));
  }

  private mayGo(one: Found | Item): boolean {
    return !('medicine' in one) || isComplete(one, this.references);
  }

  private finished(one: Found | Item): Item {
    return 'medicine' in one ? itemOf(one, this.references, this.mode) : one;
  }
}

/** A reference within a resource is meant of what that one contains. */
const around = (resource: Supporting | null, place: Place): Place =>
  resource && 'contained' in resource ? { ...place, contained: resource.contained ?? [] } : place;

function medicineOf(
  index: number,
  kind: 'MedicationStatement' | 'MedicationRequest',
  resource: Record<string, unknown>,
  otherVersion: boolean,
  place: Place,
): Found | Item {
  const sourceId = sourceIdOf(kind, resource['id'], index);
  if (otherVersion)
    return unreadable(index, sourceId, resource, fault('fhirVersionNotTaken', '/meta/profile'));
  const medicine = readMedicine(kind, resource);
  if (Array.isArray(medicine)) return unreadable(index, sourceId, resource, ...medicine);
  const contained = medicine.contained ?? [];
  return { index, medicine, original: resource, place: { ...place, contained } };
}

/**
 * A resource with the time that its entry states where it has none itself, as in the history of a server that keeps no
 * `meta.lastUpdated`. Within the resource, so that it is landed, and read again as it was read first.
 */
function dated(
  resource: Record<string, unknown>,
  lastModified: string | undefined,
): Record<string, unknown> {
  const { meta = {} } = resource;
  const isDated = typeof meta !== 'object' || meta === null || 'lastUpdated' in meta;
  if (lastModified === undefined || isDated) return resource;
  return { ...resource, meta: { ...meta, lastUpdated: lastModified } };
}

/** A resource of a kind that is not read; left out without a word, a choice would have no effect and nobody would know. */
function leftOut(index: number, kind: string, resource: object, otherVersion: boolean): Item {
  const choice = choiceStatedAt(resource, TYPE_1_CODES);
  if (choice === null) return notUsed(index, kind, otherVersion);
  const name = sourceIdOf(kind, undefined, index);
  return unreadable(index, name, resource, fault('choiceElsewhere', choice));
}

function kindOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const { resourceType } = value as { resourceType?: unknown };
  return typeof resourceType === 'string' ? resourceType : null;
}

/** Why an entry states no resource, and what to do if it should have. */
const ASKED = {
  delete: { method: 'DELETE', why: 'a deletion; retract by status entered-in-error' },
  read: { method: 'GET', why: 'a request to read; state a resource by POST or PUT' },
};

/** Nothing says whose an unread item is: it is with whoever runs the service. */
const head = (index: number, sourceId: string | null, raw: string | Buffer) => ({
  index,
  sourceId,
  raw,
  publisherOds: organisation.ods,
});

function unreadable(
  index: number,
  sourceId: string | null,
  value: unknown,
  ...errors: Fault[]
): Item {
  return { ...head(index, sourceId, JSON.stringify(value)), outcome: 'quarantined', errors };
}

/**
 * What an entry holds that asks to delete or to read it: it is not so, or nobody says that it is. Landed with what was asked, so
 * that it is never read as if it had been stated.
 */
function notStated(index: number, kind: string | null, entry: Stated): Item {
  const { value, fullUrl } = entry;
  const { method, why } = ASKED[entry.asks!];
  const { name, resource } = kept(index, kind, (value ?? {}) as Record<string, unknown>);
  const asked = { fullUrl, request: { method }, resource };
  const raw = { resourceType: 'Bundle', type: 'batch', entry: [asked] };
  return unreadable(index, name, raw, fault('fhirElementInvalid', '/request/method', why));
}

/** What holds text that is none, a forbidden name or no end of levels. */
function notText(index: number, kind: string | null, value: object, why: Fault): Item {
  const { name, resource } = kept(index, kind, value as Record<string, unknown>);
  const { resourceType, id } = value as Record<string, unknown>;
  // Of levels without end the engine can write no text; where they are said is all there is of them.
  const isDeep = resource === value && isFault(why, 'nestingTooDeep');
  return unreadable(index, name, isDeep ? { resourceType, id } : resource, why);
}

/**
 * What is kept of a resource that is refused for what it is, and its name: a medicine is kept as it came, to be seen and mended;
 * of anything else, which may be about people, no more than what says which it is.
 */
function kept(index: number, kind: string | null, value: Record<string, unknown>) {
  const { resourceType, id, identifier } = value;
  if (kind === null || !(isMedicineKind(kind) || KNOWN_KINDS.has(kind)))
    return { name: null, resource: { id } };
  const name = sourceIdOf(kind, id, index);
  return { name, resource: isMedicineKind(kind) ? value : { resourceType, id, identifier } };
}

/** An entry that by its kind brings no resource: the answer to another, or a request to read. */
function nothingIn(index: number, element: 'request' | 'response'): Item {
  const errors = [fault('kindNotUsed', `/${element}`, 'an entry that brings no resource')];
  return { ...head(index, null, JSON.stringify({})), outcome: 'notUsed', errors };
}

/** A resource left out is not landed: its kind is all there is to say of it. */
function notUsed(index: number, kind: string, otherVersion: boolean): Item {
  const name = KNOWN_KINDS.has(kind) ? kind : 'resource';
  const errors = [fault('kindNotUsed', '/resourceType', name)];
  if (otherVersion) errors.push(fault('fhirVersionNotTaken', '/meta/profile'));
  const raw = JSON.stringify({ resourceType: name });
  return { ...head(index, name, raw), outcome: 'notUsed', errors };
}
