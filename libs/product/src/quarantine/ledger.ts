import { ProductError } from '../errors.js';

const PATIENCE_MS = 5_000;

/** Writes to the mesh's ledger that somebody saw a payload. */
export class Ledger {
  constructor(
    private readonly governanceUrl: string,
    private readonly tokens: { token(): Promise<string> },
  ) {}

  /** Throws `ledgerUnreachable` if the entry is not known to be written: then nothing may be shown. */
  async write(action: string, object: string, detail: Record<string, unknown>): Promise<void> {
    try {
      const response = await fetch(`${this.governanceUrl}/v1/ledger`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await this.tokens.token()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ action, object, detail }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.ok) return;
    } catch {
      // Said below: the reason is of no use to who asks.
    }
    throw new ProductError('ledgerUnreachable');
  }
}
