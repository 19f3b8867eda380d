import { z } from 'zod';

const PATIENCE_MS = 5_000;
const answer = z.object({ retentionHold: z.object({ until: z.string() }).nullish() });

/** Asks governance whether a product's records are held beyond their retention, by decision. */
export class Holds {
  constructor(
    private readonly governanceUrl: string,
    private readonly tokens: { token(): Promise<string> },
  ) {}

  /** True while a hold stands. Throws without a good answer: what may be held must not end. */
  async stands(product: string): Promise<boolean> {
    const response = await fetch(`${this.governanceUrl}/v1/products/${product}`, {
      headers: { authorization: `Bearer ${await this.tokens.token()}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok) throw new Error(`Governance answered ${response.status}`);
    const { retentionHold } = answer.parse(await response.json());
    return retentionHold ? Date.parse(retentionHold.until) > Date.now() : false;
  }
}
