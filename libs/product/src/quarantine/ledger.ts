import type { Peer } from '@caremesh/platform';

import { ProductError } from '../errors.js';

/** Writes to the mesh's ledger that somebody saw a payload. */
export class Ledger {
  constructor(private readonly governance: Peer) {}

  /** Throws `ledgerUnreachable` if the entry is not known to be written: then nothing may be shown. */
  async write(action: string, object: string, detail: Record<string, unknown>): Promise<void> {
    await this.governance.ask('/v1/ledger', { json: { action, object, detail } }).catch(() => {
      // The reason is of no use to who asks.
      throw new ProductError('ledgerUnreachable');
    });
  }
}
