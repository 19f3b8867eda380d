import type { Faulty } from '../errors.js';
import type { NamedPerson } from '../person/person-ref.js';
import type { Joined, JoinedSource, Source } from './source.js';

/** The core fields that the library fills; a mapping never states them. */
export type FilledField =
  | 'recordId'
  | 'nhsNumber'
  | 'nhsNumberStatus'
  | 'localPatientId'
  | 'localPatientIdIssuer'
  | 'publisherOds'
  | 'recordedAt'
  | 'sourceSystemUpdatedAt'
  | 'changeType'
  | 'survivorKey';

type RecordIdentity = {
  /** The source system's own identifier of the record, unique within its keeper. Landed, never published as it is. */
  sourceRecordId: string;
  /**
   * ODS code of who keeps the record, in a source whose identifiers are each keeper's own. Null if the source did not
   * say: then it is the record held under that identifier, of that person if several keepers gave it. Left out, an
   * identifier is unique within the product.
   */
  keeper?: string | null;
  /**
   * For a change that cannot be told from the source record alone to be about a record of this product (an update whose
   * sender no longer says of what kind the visit is): it counts if the product holds the record, not retracted, and is
   * not used otherwise. That is decided in the transaction that applies it.
   */
  onlyIfHeld?: true;
  /**
   * Where the keeper is not said: ODS code of who probably keeps it, as the person's practice does. It is no part of the
   * identity for as long as the person is the same; it tells apart the records of two people.
   */
  likelyKeeper?: string | null;
};

/** A record now has this content. `at`: RFC 3339 time of the source's event, null to order by receipt. */
export type Upsert<R> = RecordIdentity & {
  change: 'upsert';
  person: NamedPerson;
  publisherOds: string;
  at: string | null;
  content: Partial<Omit<R, FilledField>>;
  /** Brings back a record that a retraction closed. */
  opens?: true;
};
/**
 * The record was never true (entered in error). Its person may be unknown to a retraction (null); one that names somebody
 * else than the person of the record is refused, unless identifiers are each keeper's own.
 */
export type Retract = RecordIdentity & {
  change: 'retract';
  /** From now on only an upsert that `opens` the record brings it back; left out, the next upsert does. */
  closes?: true;
  person: NamedPerson | null;
  publisherOds: string;
  at: string | null;
};
/** Two people are one: everything held of `from`, under whichever identifier, belongs to `into` from now on. */
export type Merge = {
  change: 'merge';
  from: NamedPerson;
  into: NamedPerson;
  publisherOds: string;
  at: string | null;
};
export type Change<R> = Upsert<R> | Retract | Merge;

/**
 * Where the source states each field: `PV1-4`, a CSV column, a FHIR path; of what a list holds `procedures[].code`. Whoever is told of a
 * fault knows the source and not the record. Only of fields that have one place.
 */
export type Places<R> = { readonly [F in (keyof R & string) | `${string}[]${string}`]?: string };

/**
 * For a source that may give one identifier twice: where it states it, and whether what is held under it and what comes are
 * states of one thing.
 */
export type Identifies<R> = {
  place: string;
  isSame(held: Partial<R>, incoming: Partial<R>): boolean;
};

export type Product<S = never, R = never> = {
  /** `<domain>/<product>/v<major>`: the folder below schemas/. */
  contract: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the rows' type is bound by defineProduct to S
  from: Source<S> | JoinedSource<any>;
  /**
   * Pure: the same source record always gives the same changes. An empty list: not used by this product. What depends on
   * whether the record is held says so (`onlyIfHeld`), a `Faulty` too.
   */
  map(record: S): Change<R>[] | Faulty;
  /**
   * For sources whose messages state only part of a record (HL7): what the record is after a message, given
   * what is held. Without it a record is what the last message said. `samePerson`: the message is about whom the record is
   * held of, merges followed; what describes somebody else must not stay. A `Faulty` if what the messages say together cannot
   * be: then the item is refused, and what is held stays.
   */
  carry?(
    held: Partial<R>,
    incoming: Partial<R>,
    about: { samePerson: boolean },
  ): Partial<R> | Faulty;
  places?: Places<R>;
  /**
   * Left out, a record is what was last said under its identifier. With it, something else or somebody else under the same
   * identifier is refused (`recordIdReused`): nothing takes the place of what is true beside it. Only what is of a later time
   * than the record held corrects it.
   */
  identifies?: Identifies<R>;
  /**
   * For a major beside an earlier one: what a record is in this major, given what is held of it in the earlier. With it
   * the major begins with everything that is held; null leaves a record out until its source states it again. Pure.
   */
  fromEarlier?(held: Record<string, unknown>): Partial<Omit<R, FilledField>> | null;
  restricted?: Restricted<R>;
};

/**
 * What a record shows for as long as its person is restricted, in every edition: `shows` takes out what tells where they
 * live or go (pure), `publisherOds` stands in place of whose record it is. Local identifiers go by themselves. The record is
 * held whole, so that it is as it was when the restriction is lifted.
 */
export type Restricted<R> = { publisherOds: string; shows(content: Partial<R>): Partial<R> };

/** Says what a product is: its contract, the source it is made from, and the pure mapping between the two. */
export function defineProduct<Row, R>(definition: {
  contract: string;
  from: JoinedSource<Row>;
  map(record: Joined<Row>): Change<R>[] | Faulty;
  carry?(
    held: Partial<R>,
    incoming: Partial<R>,
    about: { samePerson: boolean },
  ): Partial<R> | Faulty;
  places?: Places<NoInfer<R>>;
  identifies?: Identifies<NoInfer<R>>;
  fromEarlier?(held: Record<string, unknown>): Partial<Omit<R, FilledField>> | null;
  restricted?: Restricted<R>;
}): Product<Joined<Row>, R>;
export function defineProduct<S, R>(definition: {
  contract: string;
  from: Source<S>;
  map(record: S): Change<R>[] | Faulty;
  carry?(
    held: Partial<R>,
    incoming: Partial<R>,
    about: { samePerson: boolean },
  ): Partial<R> | Faulty;
  places?: Places<NoInfer<R>>;
  identifies?: Identifies<NoInfer<R>>;
  fromEarlier?(held: Record<string, unknown>): Partial<Omit<R, FilledField>> | null;
  restricted?: Restricted<R>;
}): Product<S, R>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the overloads above are what callers see
export function defineProduct(definition: Product<any, any>): Product<any, any> {
  if (!/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*\/v[1-9]\d*$/.test(definition.contract)) {
    throw new TypeError(
      `The contract of a product is <domain>/<product>/v<major>, not ${definition.contract}`,
    );
  }
  // A definition that was put together, not written down, passes the types.
  if (typeof definition.map !== 'function')
    throw new TypeError(`Product ${definition.contract} has no map`);
  return definition;
}
