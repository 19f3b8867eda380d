import type { Type } from 'avsc';

import type { PersonRef } from '../person/person-ref.js';
import { encodeWire } from '../registry/wire.js';

/** Core fields that say when and how a record changed, not what it is: they make no new revision. */
const OF_THE_CHANGE = ['recordedAt', 'sourceSystemUpdatedAt', 'changeType', 'survivorKey'];

export type Content = Record<string, unknown>;
/** What identifies a record: its own key part, whose it is, who publishes it. */
export type Identity = { record: string; person: PersonRef; publisherOds: string };
/** What is true of this one change of a record. */
export type Moment = {
  recordedAt: number;
  at: number | null;
  changeType: 'CREATED' | 'UPDATED' | 'RETRACTED' | 'MERGED';
  survivorKey: string | null;
};
type ParseType = (schema: string) => Type;

/**
 * Encodes records of one approved schema, in two forms: as they go to a topic, and as state, which leaves out
 * what changes with every message, so that equal bytes are equal records.
 */
export class Codec {
  readonly #wire: Type;
  readonly #state: Type;

  constructor(
    readonly schemaId: number,
    schema: string,
    parse: ParseType,
  ) {
    this.#wire = parse(schema);
    this.#state = parse(stateSchema(schema));
  }

  /** Throws what avsc throws if the content does not fit; `pathOf` then says where. */
  state(identity: Identity, content: Content): Buffer {
    return this.#state.toBuffer(withCore(identity, content));
  }

  /** The path of the first field that does not fit, or null. Never the value. */
  pathOf(identity: Identity, content: Content): string | null {
    let found: string | null = null;
    this.#state.isValid(withCore(identity, content), {
      errorHook: (path: string[]) => {
        found ??= `/${path.join('/')}`;
      },
    });
    return found;
  }

  /** A state as it was. */
  content(state: Buffer): Content {
    return this.#state.fromBuffer(state) as Content;
  }

  /** A content of an earlier version, core fields included, as this version's state. */
  reencode(content: Content): Buffer {
    return this.#state.toBuffer(content);
  }

  /** Whose a held record is. */
  personOf(state: Buffer): PersonRef {
    return personOf(this.content(state));
  }

  /** The value for the topic. */
  wire(identity: Identity, content: Content, moment: Moment): Buffer {
    const record = withCore(identity, content);
    record['recordedAt'] = moment.recordedAt;
    record['sourceSystemUpdatedAt'] = moment.at;
    record['changeType'] = moment.changeType;
    record['survivorKey'] = moment.survivorKey;
    return encodeWire(this.schemaId, this.#wire, record);
  }

  /** The whole record as checks see it, with a moment that fits. */
  whole(identity: Identity, content: Content): Content {
    const record = withCore(identity, content);
    record['recordedAt'] = 0;
    record['sourceSystemUpdatedAt'] = null;
    record['changeType'] = 'CREATED';
    record['survivorKey'] = null;
    return record;
  }
}

function withCore({ record, person, publisherOds }: Identity, content: Content): Content {
  return {
    ...content,
    recordId: record,
    nhsNumber: person.nhsNumber,
    nhsNumberStatus: person.nhsNumberStatus,
    localPatientId: person.local?.id ?? null,
    localPatientIdIssuer: person.local?.issuer ?? null,
    publisherOds,
  };
}

function stateSchema(schema: string): string {
  const parsed = JSON.parse(schema) as { fields: { name: string }[] };
  const fields = parsed.fields.filter((field) => !OF_THE_CHANGE.includes(field.name));
  return JSON.stringify({ ...parsed, fields });
}

/** Whose a record is, as its content says. */
function personOf(content: Content): PersonRef {
  const id = content['localPatientId'] as string | null;
  const issuer = content['localPatientIdIssuer'] as string | null;
  return {
    nhsNumber: content['nhsNumber'] as string | null,
    nhsNumberStatus: content['nhsNumberStatus'] as string,
    local: id !== null && issuer !== null ? { issuer, id } : null,
  };
}
