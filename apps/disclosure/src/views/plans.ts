import type { Purpose } from '@caremesh/contract';
import { problem } from '@caremesh/platform';

import { disclosureErrors } from '../errors.js';
import type { Governance } from '../grants/governance.js';
import type { OptOutRule, PseudonymKeys } from '../keys/pseudonym-keys.js';
import { planView } from './plan.js';
import type { ViewPlan } from './plan.js';
import type { SensitiveCodes } from './sensitive-codes.js';

/** What a plan is made for. */
export type Planned = {
  topic: string;
  product: string;
  major: number;
  organisation: string;
  purpose: Purpose;
  schemaId: number;
  /** Under which of the recipient's keys. */
  keyOptOut: OptOutRule;
  keyGeneration?: number;
};

/** Where schemas are read, and what records say of it. */
export type Registry = { readonly url: string; schema(id: number): Promise<string | null> };

/** Makes the plan of each view once. */
export class ViewPlans {
  readonly #governance: Pick<Governance, 'contractOf'>;
  readonly #registry: Registry;
  readonly #keys: PseudonymKeys;
  readonly #sensitive: SensitiveCodes | undefined;
  readonly #made = new Map<string, ViewPlan>();

  constructor(
    governance: Pick<Governance, 'contractOf'>,
    registry: Registry,
    keys: PseudonymKeys,
    sensitive?: SensitiveCodes,
  ) {
    this.#governance = governance;
    this.#registry = registry;
    this.#keys = keys;
    this.#sensitive = sensitive;
  }

  /** Throws, retriable, while the schema, the contract or the recipient's key cannot be had. */
  async of(view: Planned): Promise<ViewPlan> {
    const { organisation, purpose, keyOptOut: optOut, keyGeneration: generation } = view;
    // Asked for each time, though the plan has it: while the key store is away nothing is disclosed.
    const key = await this.#keys.keyOf({ organisation, purpose, optOut, generation });
    const name = `${view.topic}#${view.schemaId}#${optOut}`;
    const held = this.#made.get(name);
    if (held) return held;
    const made = await this.#make(view, key);
    this.#made.set(name, made);
    return made;
  }

  async #make(view: Planned, key: Uint8Array): Promise<ViewPlan> {
    const { topic, product, major, schemaId } = view;
    const schema = await this.#registry.schema(schemaId).catch(() => null);
    if (schema === null) throw problem(disclosureErrors.viewSchemaMissing, topic);
    const contract = await this.#governance.contractOf(product, major);
    return planView({
      ...{ topic, product, major, schemaId, schema, contract, key },
      registryUrl: this.#registry.url,
      sensitive: this.#sensitive,
    });
  }
}
