import { avroType } from '@caremesh/contract';
import type { Type } from 'avsc';
import { request } from '../request.js';

/** Confluent wire format: 0x00, the schema's id in four bytes, the record. */
export const WIRE_PREFIX_BYTES = 5;

/** Decodes values with the schemas of a registry, each asked for once; dates and times become ISO 8601 text. */
export class Values {
  readonly #registryUrl: string;
  readonly #types = new Map<number, Promise<Type>>();

  constructor(registryUrl: string) {
    this.#registryUrl = registryUrl;
  }

  /** Null for a tombstone. Throws for bytes that are not in the wire format. */
  async decode(value: Buffer | undefined | null): Promise<unknown> {
    if (value === null || value === undefined) return null;
    if (value.length < WIRE_PREFIX_BYTES || value[0] !== 0)
      throw new Error('not in the wire format');
    const type = await this.#typeOf(value.readUInt32BE(1));
    return type.fromBuffer(value.subarray(WIRE_PREFIX_BYTES));
  }

  #typeOf(id: number): Promise<Type> {
    const held = this.#types.get(id);
    if (held) return held;
    const asked = this.#ask(id);
    this.#types.set(id, asked);
    return asked;
  }

  async #ask(id: number): Promise<Type> {
    const { body } = await request<{ schema: string }>(
      `${this.#registryUrl}/schemas/ids/${id}`,
      {},
    );
    return avroType(JSON.parse(body.schema) as object, { text: true });
  }
}
