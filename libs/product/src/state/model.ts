import type { Entry, OwnChoice } from '../choices/held.js';
import type { Identifies } from '../define/product.js';
import type { PersonRef } from '../person/person-ref.js';
import type { Fault, FaultName, Faulty } from '../errors.js';
import type { EnvelopeWriter } from '../outbox/envelope.js';
import type { Codec, Content } from './codec.js';
import type { Standing } from './standing.js';

/** A person as the domain knows them: by key, with the number of the last record published about them. */
export type PersonState = Standing & {
  person: string;
  sequence: number;
  /** Set once this person's records belong to another. */
  mergedInto: string | null;
  /** Who the other is, in clear, for later records that still name this one. */
  survivor: PersonRef | null;
  /** The editions, as bits, that they are left out of because of how they stand. */
  out: number;
  /** As read, to notice that another transaction came first; null for a person not known before. */
  before: Pick<PersonState, 'sequence' | 'mergedInto' | 'survivor'> | null;
};

/** A record as it is held. */
export type RecordState = {
  record: string;
  product: string;
  person: string;
  /** Grows by one with each change of content; 0 if nothing was ever published. */
  revision: number;
  retracted: boolean;
  /** Retracted so that only a change that opens it brings it back. */
  closed: boolean;
  /** Its retention is over: nothing is left of it but that it was, and its revision. */
  expired: boolean;
  /** Time of the source's last event, in milliseconds; null if the source gives none. */
  at: number | null;
  schemaId: number;
  content: Buffer;
  before: { revision: number; at: number | null } | null;
};

/** That a person became another, as it was told under the one who ended, in one major of a product. */
export type ToldMerge = {
  /** As records are held, see `heldAs`. */
  product: string;
  person: string;
  /** Whom it names, and who that is now. */
  into: string;
  survivor: string;
  /** Who ended, in clear; null where it was told before that was held: it cannot be told again. */
  ref: PersonRef | null;
  publisherOds: string;
  /** The editions, as bits, that the person was left out of when they ended. */
  out: number;
};

/**
 * Where a record goes, and how its bytes are made: one for both editions, or two if their schema ids differ. `routes`
 * has the route of a person by the editions they are left out of; null where nothing is left to send to.
 */
export type Edition = {
  routes: readonly (number | null)[];
  schemaId: number;
  envelope: EnvelopeWriter;
};

/** A product that is approved and can be published. */
export type LiveProduct = {
  id: string;
  major: number;
  codec: Codec;
  /** Codec of an earlier version that records are still held in. */
  codecOf(schemaId: number): Promise<Codec>;
  editions: Edition[];
  carry?(held: Content, incoming: Content, about: { samePerson: boolean }): Content | Faulty;
  /** What a record shows whose person is restricted, and under whose name it stands then. */
  restricted?: { publisherOds: string; shows(content: Content): Content };
  identifies?: Identifies<Content>;
  /** Set while an earlier major is published that this one is filled from. */
  earlier?: Earlier;
};

/** An earlier major as the one after it is filled from it, record by record. */
type Earlier = {
  /** The name that a record of the newer one has there. */
  recordOf(record: string): string;
  /** What the newer one holds of a record from then on, or the code of what stands against it. */
  fill(held: HeldRecord, traceparent: string): Promise<KeyedBackFill | string>;
};

/** What a newer major takes over of a record of an earlier one. */
export type HeldRecord = Omit<RecordState, 'product' | 'revision' | 'before'>;

type Head = {
  product: LiveProduct;
  publisherOds: string;
  at: number | null;
  traceparent: string;
  /** Made from all that is held of a joined source, whose rows were put in order before: never out of date. */
  inOrder?: boolean;
  /** When it was received, in milliseconds, if that is not now: it is taken in again. */
  receivedAt?: number;
};

/** Under what name a product's records are held: two majors of one product have a state each. */
export const heldAs = ({ id, major }: Pick<LiveProduct, 'id' | 'major'>): string =>
  major === 1 ? id : `${id}.v${major}`;

/** Letters of a record's id (see `keys.recordKey`). */
const RECORD_ID = 26;

/** The name under which one major's state of a record is held; its published id is the same in every major. */
export const heldRecord = (record: string, { major }: Pick<LiveProduct, 'major'>): string =>
  major === 1 ? record : `${record}.v${major}`;

/** The id that a held record is published under. */
export const publishedId = (held: string): string => held.slice(0, RECORD_ID);

/**
 * A record whose identifier is its keeper's own: the key that the identifier alone has, and whose it is if said. `likely`:
 * who else may keep it, and the key that the record has if it is theirs.
 */
export type Kept = {
  id: string;
  keeper: string | null;
  likely?: { keeper: string; record: string };
};

/** Changes as a mapping gave them, with keys in place of identifiers. */
export type KeyedUpsert = Head & {
  change: 'upsert';
  record: string;
  kept?: Kept;
  person: string;
  /** What else the person is known by. */
  aliases: readonly Alias[];
  ref: PersonRef;
  content: Content;
  /** The content encoded as state; null if it depends on what is held (`carry`). */
  state: Buffer | null;
  onlyIfHeld?: true;
  opens?: true;
};
export type KeyedRetract = Head & {
  change: 'retract';
  record: string;
  kept?: Kept;
  onlyIfHeld?: true;
  closes?: true;
  person: string | null;
  aliases: readonly Alias[];
  ref: PersonRef | null;
};
export type KeyedMerge = Head & {
  change: 'merge';
  from: string;
  fromRef: PersonRef;
  into: string;
  intoRef: PersonRef;
  /** What else the two are known by. */
  aliases: readonly Alias[];
};
/**
 * Key by a further local identifier that is given of a person, and the NHS number that is given beside it. `id`: the
 * identifier in clear, so that no answer shows it.
 */
export type Alias = { key: string; nhsNumber: string | null; id: string };
/** The end of a record's retention; of one that changed since its revision was read, it is not the end. */
export type KeyedExpire = Head & { change: 'expire'; record: string; revision: number };
/** A record of an earlier major, as a newer one publishes it: only where the newer holds nothing of it yet. */
export type KeyedBackFill = Head & {
  change: 'back-fill';
  record: string;
  person: string;
  ref: PersonRef;
  content: Content;
  /** Set where it was taken back or its retention is over: then that alone is held of it, and nothing is published. */
  ended?: Pick<RecordState, 'closed' | 'expired'>;
};
/** What a person said about their record; of the product it is nothing, which only stands for the domain here. */
export type KeyedChoice = Head & {
  change: 'choice';
  person: string;
  aliases: readonly Alias[];
  ref: PersonRef;
  choice: OwnChoice;
  said: Entry;
  /** What is told if it takes back an entry that is not held. */
  unheld?: FaultName;
};
/** What is wrong with a change that counts only if its record is held: then it is refused, otherwise not used. */
export type KeyedFaulty = Head & {
  change: 'faulty';
  record: string;
  kept?: Kept;
  person: null;
  onlyIfHeld: true;
  refused: Refused;
};
/** The step that refused a change, and why. */
export type Refused = { step: string; errors: Fault[] };
/** Whether a person's whereabouts are restricted; as a choice, it is about whatever the domain holds of the person. */
export type KeyedRestriction = Head & {
  change: 'restriction';
  person: string;
  aliases: readonly Alias[];
  ref: PersonRef;
  restricted: boolean;
};
/** A change of how a person stands, and not of a record. */
export type KeyedStanding = KeyedChoice | KeyedRestriction;
export type KeyedChange =
  | KeyedUpsert
  | KeyedRetract
  | KeyedFaulty
  | KeyedMerge
  | KeyedExpire
  | KeyedBackFill
  | KeyedStanding;

/** The keys of what a change gives of its person beside the one that their records are under. */
export const aliasesIn = (change: KeyedChange): string[] =>
  'aliases' in change ? change.aliases.map(({ key }) => key) : [];

/** Every key by which a merge names the two. */
export const namedIn = ({ from, into, aliases }: KeyedMerge): string[] => [
  from,
  into,
  ...aliases.map(({ key }) => key),
];
