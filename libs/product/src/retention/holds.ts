import type { Peer } from '@caremesh/platform';
import { z } from 'zod';

const shape = z.object({ retentionHold: z.object({ until: z.string() }).nullish() });

/** Asks governance whether a product's records are held beyond their retention, by decision. */
export class Holds {
  constructor(private readonly governance: Peer) {}

  /** True while a hold stands. Throws without a good answer: what may be held must not end. */
  async stands(product: string): Promise<boolean> {
    const { retentionHold } = await this.governance.ask(`/v1/products/${product}`, { shape });
    return retentionHold ? Date.parse(retentionHold.until) > Date.now() : false;
  }
}
