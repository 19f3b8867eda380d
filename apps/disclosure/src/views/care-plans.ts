import { avroType, careOrganisationFields } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import { encodeWire, EnvelopeWriter, splitWire } from '@caremesh/product';

import { disclosureErrors } from '../errors.js';
import type { Governance } from '../grants/governance.js';
import { asPublished } from '../keys/record-names.js';
import type { ViewPlan } from './plan.js';
import type { Planned, Registry } from './plans.js';
import type { AvroRecord } from './shape.js';

/**
 * Plans of views for individual care: of fewer people, and of each the whole record. No key is asked for, because nothing
 * is named anew.
 */
export class CarePlans {
  readonly #governance: Pick<Governance, 'contractOf'>;
  readonly #registry: Registry;
  readonly #made = new Map<string, ViewPlan>();

  constructor(governance: Pick<Governance, 'contractOf'>, registry: Registry) {
    this.#governance = governance;
    this.#registry = registry;
  }

  /** Throws, retriable, while the schema or the contract cannot be had. */
  async of({ topic, product, major, schemaId }: Planned): Promise<ViewPlan> {
    const name = `${topic}#${schemaId}`;
    const held = this.#made.get(name);
    if (held) return held;
    const schema = await this.#registry.schema(schemaId).catch(() => null);
    if (schema === null) throw problem(disclosureErrors.viewSchemaMissing, topic);
    const contract = await this.#governance.contractOf(product, major);
    const writer = new EnvelopeWriter(product, major, this.#registry.url, schemaId);
    const about = { topic, product, major, schemaId, writer };
    const made = planOf(about, JSON.parse(schema), contract);
    this.#made.set(name, made);
    return made;
  }
}

function planOf(
  about: Pick<ViewPlan, 'topic' | 'product' | 'major' | 'schemaId' | 'writer'>,
  schema: AvroRecord,
  contract: DataContract,
): ViewPlan {
  const promised = new Set(contract.fields.map(({ name }) => name));
  const foreign = schema.fields.find(({ name }) => !promised.has(name));
  if (foreign) throw problem(disclosureErrors.fieldNotDisclosable, foreign.name);
  const type = avroType(schema);
  return {
    ...about,
    encode: (value) => encodeWire(about.schemaId, type, value),
    decode: (value) => type.fromBuffer(splitWire(value)!.avro) as object,
    shape: (record) => ({ ...record }),
    names: asPublished(about.topic),
    ...{ showsPublisher: true, showsSourceTime: true, recordedByPublisher: true },
    // None is left out: individual care has the whole record.
    codes: '',
    careOrganisations: careOrganisationFields(contract),
  };
}
