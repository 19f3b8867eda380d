import { AnsweredOtherwise } from '@caremesh/platform';
import type { Peer } from '@caremesh/platform';
import { z } from 'zod';

const shape = z.object({ retentionHold: z.object({ until: z.string() }).nullish() });
const NONE: z.output<typeof shape> = { retentionHold: null };

/** Asks governance whether a product's records are held beyond their retention, by decision. */
export class Holds {
  constructor(private readonly governance: Peer) {}

  /**
   * True while a hold stands; false of a product that governance does not know, which nobody can hold. Throws without a good answer: what may be
   * held must not end.
   */
  async stands(product: string): Promise<boolean> {
    const { retentionHold } = await this.governance
      .ask(`/v1/products/${product}`, { shape })
      .catch((error: unknown) => {
        if (error instanceof AnsweredOtherwise && error.status === 404) return NONE;
        throw error;
      });
    return retentionHold ? Date.parse(retentionHold.until) > Date.now() : false;
  }
}
