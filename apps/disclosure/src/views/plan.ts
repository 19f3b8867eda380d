import { avroType } from '@caremesh/contract';
import type { CareOrganisationFields, DataContract } from '@caremesh/contract';
import { problem } from '@caremesh/platform';

import { encodeWire, EnvelopeWriter, splitWire } from '@caremesh/product';

import { disclosureErrors } from '../errors.js';
import { Pseudonyms } from '../keys/pseudonyms.js';
import { pseudonymous } from '../keys/record-names.js';
import type { RecordNames } from '../keys/record-names.js';
import { SensitiveCodes } from './sensitive-codes.js';
import { shaperOf } from './shape.js';
import type { AvroRecord, Loose } from './shape.js';

/** Fields of every view that the disclosure service itself fills. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'person',
  'recordId',
  'survivorKey',
  'recordedAt',
]);

/** How one view is written. */
export type ViewPlan = {
  topic: string;
  product: string;
  major: number;
  schemaId: number;
  /** A record as it stands in the topic, by the Avro type of the view: what that does not name cannot be written. */
  encode: (value: object) => Buffer;
  /** What the view has of a product's record, each field in the form of its treatment; the view's own fields are not in it. */
  shape: (record: object, now: Date) => Loose;
  /** Of what was so encoded. */
  decode: (value: Buffer) => object;
  /** Writes its records as they stand in the topic. */
  writer: EnvelopeWriter;
  names: RecordNames;
  /** The grant has the publisher, so `ce_source` may name it. */
  showsPublisher: boolean;
  /** The grant has the time of the source's change, so `ce_time` may tell it. */
  showsSourceTime: boolean;
  /** `recordedAt` and `ce_recordedtime` stay the publisher's; in every other view they are those of disclosure. */
  recordedByPublisher: boolean;
  /** Which codes it leaves out of the code systems it has, by their digest; empty where none. */
  codes: string;
  /** Fields of the product that tell who cares for the person; none where nobody asks. */
  careOrganisations: CareOrganisationFields;
};

/**
 * The plan, if it leaves out the codes of the list under which the view is written.
 * Throws, retriable, MESH-4111: this process knows another list.
 */
export function inForce(
  { topic, codes }: { topic: string; codes: string },
  plan: ViewPlan,
): ViewPlan {
  if (plan.codes !== codes) throw problem(disclosureErrors.codeListOther, topic);
  return plan;
}

/**
 * The plan of a view from its registered schema. The schema was derived by governance; that it holds nothing that must
 * not leave is checked again here, against the product's contract, because here is where it would leave.
 * Throws MESH-4101 naming the field.
 */
export function planView(parts: {
  topic: string;
  product: string;
  major: number;
  schemaId: number;
  schema: string;
  contract: DataContract;
  key: Uint8Array;
  /** Without them, those that need no list. */
  sensitive?: SensitiveCodes;
  registryUrl: string;
}): ViewPlan {
  const { topic, product, major, schemaId } = parts;
  const schema = JSON.parse(parts.schema) as AvroRecord;
  const promises = new Map(parts.contract.fields.map((field) => [field.path, field]));
  const sensitive = parts.sensitive ?? new SensitiveCodes();
  const systems = new Set<string>();
  const shape = shaperOf(schema, { promises, sensitive: asked(sensitive, systems) }, OWN_FIELDS);
  const pseudonyms = new Pseudonyms(parts.key);
  const pseudonym = (field: string, value: string) => pseudonyms.field(product, field, value);
  const type = avroType(schema);
  const has = (name: string): boolean => schema.fields.some((field) => field.name === name);
  return {
    topic,
    product,
    major,
    schemaId,
    encode: (value) => encodeWire(schemaId, type, value),
    decode: (value) => type.fromBuffer(splitWire(value)!.avro) as object,
    shape: (record, now) => shape(record as Loose, { now, pseudonym }),
    writer: new EnvelopeWriter(product, major, parts.registryUrl, schemaId),
    names: pseudonymous(pseudonyms),
    showsPublisher: has('publisherOds'),
    showsSourceTime: has('sourceSystemUpdatedAt'),
    recordedByPublisher: false,
    codes: sensitive.digestOf(systems),
    careOrganisations: { registered: [], referred: [] },
  };
}

/** Notes of which code systems it was asked: those that the view has something of. */
function asked(sensitive: SensitiveCodes, systems: Set<string>): Pick<SensitiveCodes, 'of'> {
  return {
    of(system) {
      if (system !== undefined) systems.add(system);
      return sensitive.of(system);
    },
  };
}
