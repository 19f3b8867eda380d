import type { Fault } from '../errors.js';
import type { Mode } from '../person/nhs-number.js';
import type { NamedPerson } from '../person/person-ref.js';

/** What a source gets to read: one body, or the parts of a multipart form, as streams. */
export type SourceInput = {
  /** As the sender stated it, parameters included. */
  contentType: string;
  charset?: string;
  body: AsyncIterable<Uint8Array>;
  /** Only for multipart/form-data; read each part's body to its end before asking for the next. */
  parts?: AsyncIterable<SourcePart>;
  environment: Mode;
  /** Takes what is odd about the submission and does no harm: it stands in the answer under `warnings`. */
  notice?: (found: Fault) => void;
};
export type SourcePart = {
  name: string;
  filename?: string;
  contentType: string;
  body: AsyncIterable<Uint8Array>;
};

/** What is known of one item whether it could be read or not. */
type ItemHead = {
  /** Position in the submission, from 0. */
  index: number;
  /** What the source calls this item, shown in answers: a message control id, a resource id, a row's key. No NHS number. */
  sourceId: string | null;
  /** Where a person finds the item in what they sent (`line 17`): told with its faults, and for an item without an id. */
  place?: string;
  /**
   * The item's own bytes as they came: landed encrypted, shown only to the publisher's own people. Empty for one that
   * stands for a file, or for the rest of one, of which nothing is kept: what is sent again is the file.
   */
  raw: Uint8Array | string;
  publisherOds?: string | null;
  /**
   * Identity of a message that may be landed once only (HL7: MSH-3, MSH-4 and MSH-10). The same bytes again
   * are answered as before; other bytes under it are refused with `messageIdReused`.
   */
  messageId?: string | null;
  /** Text that must stand before `raw` so that it can be read again alone: a CSV file's header line with its line end. */
  preamble?: string;
  /** Multipart: the name of the part the item came in. */
  part?: string;
  /** What the item says of its person beside all else; it holds whatever becomes of the item itself. */
  restriction?: Restriction;
};

/**
 * Whether a person's whereabouts are restricted, by the national service's word. `at`: RFC 3339 time of when the source
 * last changed that; null if it does not say: then it is as new as its receipt.
 */
export type Restriction = { person: NamedPerson; restricted: boolean; at: string | null };

/** An item read: `at` is the RFC 3339 time of the source's event; null orders by receipt. */
export type ReadItem<S> = ItemHead & { outcome?: undefined; record: S; at: string | null };
/** An item that could not be read, or is of a kind the product does not use. */
export type UnreadItem = ItemHead & {
  outcome: 'quarantined' | 'notUsed';
  errors: Fault[];
  /**
   * Of a joined source: which row it is, and the RFC 3339 time of the return it is of, where that much of it could be read. When that
   * row comes as it should be, of this return or a later one, the refusal is no longer open.
   */
  row?: { part: string; key: string; at: string | null };
};
export type SourceItem<S> = ReadItem<S> | UnreadItem;

/** What became of one item. */
export type Outcome = 'accepted' | 'unchanged' | 'retracted' | 'quarantined' | 'held' | 'notUsed';
export type ItemOutcome = {
  index: number;
  sourceId: string | null;
  /** `refused`: not landed; sending again (503) or changed (409) is right. Only `submit` of a listener gives it. */
  outcome: Outcome | 'refused';
  quarantineId?: string;
  errors: Fault[];
  /** Set if this very message was landed before: the outcome it had then. */
  before?: Outcome;
};

/** Hands items to the intake; resolves when their outcome is durable. Many calls may wait at once: they share commits. */
export type Submit<S> = (items: SourceItem<S>[]) => Promise<ItemOutcome[]>;

/** What a listening source (MLLP) is told when it starts. */
export type ListenContext = {
  environment: Mode;
  host: string;
  /** From `MESH_<SOURCE>_PORT`, which the stack sets for every entry of package.json `caremesh.ports`. */
  port: number;
  /** Environment settings of the domain's own, such as an allow-list's file. */
  settings: NodeJS.ProcessEnv;
  /** The folder with the mesh's contracts and code lists (MESH_SCHEMAS_DIR). */
  schemasDir: string;
  log: { info(detail: object, message: string): void; warn(detail: object, message: string): void };
};
/** A running listener: `close` stops taking, lets what was taken be answered, then resolves. */
export type Listening = { address: string; close(): Promise<void> };

type SourceBase<S> = {
  name: string;
  contentTypes: string[];
  /** Largest body taken, in bytes; 512 MiB unless said. */
  maxBytes?: number;
  /**
   * Reads a submission item by item, in flat memory. Throws `IntakeRefused` only if nothing at all can be
   * read; one bad item is yielded with its errors and the rest goes on.
   */
  read(input: SourceInput): AsyncIterable<SourceItem<S>>;
  /** Set for a domain's source of people's choices: its items are no records of a product. */
  tells?: 'choices';
  /** Set where items may say that their person is restricted: every product made from it says what such a person's records show. */
  restricts?: true;
  /** A source that also listens on a socket of its own (MLLP) starts here. */
  listen?(submit: Submit<S>, context: ListenContext): Promise<Listening>;
};

/** A source system's feed whose items each make sense alone. */
export type Source<S = unknown> = SourceBase<S> & {
  method: 'http' | 'mllp';
  joins?: undefined;
};

/** One table of a joined source: its row's own key, and the row it belongs to. */
export type JoinPart<Row> = {
  /** The row's key within the part; null is a fault (`partKeyMissing`). */
  key(row: Row): string | null;
  /** The part this row belongs to, and the key it names there. */
  parent?: { part: string; key(row: Row): string | null };
};
/** A row of a part, as a joined source's `read` yields it. */
export type PartRow<Row> = { part: string; row: Row };
/** A root row with every row it belongs to, nearest first by part, and the rows that belong to it. */
export type Joined<Row> = {
  root: Row;
  ancestors: Record<string, Row>;
  children: Record<string, Row[]>;
};

/** A feed delivered as several tables, in any order, that make sense only together. */
export type JoinedSource<Row = Record<string, string>> = Omit<
  SourceBase<PartRow<Row>>,
  'listen'
> & {
  method: 'http';
  parts: Record<string, JoinPart<Row>>;
  root: string;
  joins: true;
  /** Makes the type of what a product maps: the joined row. */
  readonly joined?: Joined<Row>;
};

/** The parts whose rows belong to a root, and are joined to it. */
export function belowRoot({ parts, root }: Pick<JoinedSource<never>, 'parts' | 'root'>): string[] {
  return Object.keys(parts).filter((part) => parts[part]?.parent?.part === root);
}

/** Says what a source is: its name, what it takes, how it is read. */
export function defineSource<S>(definition: Omit<Source<S>, 'joins'>): Source<S> {
  assertName(definition.name);
  if (definition.contentTypes.length === 0)
    throw new TypeError(`Source ${definition.name} takes no content type`);
  return definition;
}

/**
 * Says what a joined source is. Rows may come in any order and over several submissions: a root whose
 * ancestors are not all there is held; when a row comes or changes, every root it concerns is mapped again.
 */
export function defineJoinedSource<Row = Record<string, string>>(
  definition: Omit<JoinedSource<Row>, 'joins' | 'method' | 'joined'>,
): JoinedSource<Row> {
  assertName(definition.name);
  assertTree(definition);
  return { ...definition, method: 'http', joins: true };
}

function assertTree({
  name,
  parts,
  root,
}: {
  name: string;
  parts: Record<string, JoinPart<never>>;
  root: string;
}): void {
  if (!parts[root]) throw new TypeError(`Source ${name}: the root ${root} is not one of its parts`);
  for (const [part, { parent }] of Object.entries(parts)) {
    if (parent && !parts[parent.part])
      throw new TypeError(`Source ${name}: ${part} belongs to an unknown part`);
    if (belongsToItself(part, parts))
      throw new TypeError(`Source ${name}: ${part} belongs to itself`);
  }
}

function belongsToItself(part: string, parts: Record<string, JoinPart<never>>): boolean {
  const seen = new Set<string>();
  let above = parts[part]?.parent?.part;
  for (; above !== undefined && !seen.has(above); above = parts[above]?.parent?.part)
    seen.add(above);
  return seen.has(part);
}

function assertName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw new TypeError('A source name is lower case letters, digits and hyphens');
}
