import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Checkpoints } from '../checkpoints/checkpoints.js';
import { Sealer } from '../checkpoints/sealer.js';
import { Ledger } from '../ledger/ledger.js';
import { auditEventOf } from './audit-event.js';
import { Periods } from './period.js';
import type { Period } from './period.js';
import type { ExportQuery } from './shapes.js';
import { tarOf } from './tar.js';

/** The ledger as files that anybody can verify without us, in a tar. */
@Injectable()
export class AuditExport {
  readonly #ledger: Ledger;
  readonly #checkpoints: Checkpoints;
  readonly #sealer: Sealer;
  readonly #periods: Periods;

  constructor(ledger: Ledger, checkpoints: Checkpoints, sealer: Sealer, periods: Periods) {
    this.#ledger = ledger;
    this.#checkpoints = checkpoints;
    this.#sealer = sealer;
    this.#periods = periods;
  }

  /** A stream of the tar. Seals first, so that what was committed before the call is in it. Throws MESH-3024. */
  async tar(query: ExportQuery): Promise<Readable> {
    // A ledger that can no longer be signed is what an export is wanted for: its tail is unsealed, and it says so.
    await this.#sealer.seal().catch(() => undefined);
    const period = await this.#periods.find(query);
    if (query.format === 'fhir') return tarOf({ 'audit-events.ndjson': this.#events(period) });
    const covering = await this.#covering(period);
    const proof = await this.#periods.proof(period, covering);
    return tarOf({
      'entries.ndjson': this.#entries(period),
      'checkpoints.ndjson': this.#signed(period, covering),
      'proof.json': [`${JSON.stringify(proof, null, 2)}\n`],
      'public-key.jwk': [`${JSON.stringify(this.#checkpoints.publicKey, null, 2)}\n`],
    });
  }

  async #covering({ stretch, length }: Period): Promise<number | null> {
    const [found] = await this.#checkpoints.after(stretch.last - 1);
    return found && found.size <= length ? found.size : null;
  }

  async *#entries({ stretch }: Period): AsyncGenerator<string> {
    for await (const entry of this.#ledger.entries(stretch)) yield `${JSON.stringify(entry)}\n`;
  }

  async *#events({ stretch }: Period): AsyncGenerator<string> {
    for await (const entry of this.#ledger.entries(stretch)) {
      yield `${JSON.stringify(auditEventOf(entry))}\n`;
    }
  }

  // From the first that holds an entry of the period to the first that holds them all.
  async *#signed({ stretch }: Period, covering: number | null): AsyncGenerator<string> {
    const end = covering ?? stretch.last;
    for (let size = stretch.first - 1; ;) {
      const found = await this.#checkpoints.after(size);
      for (const one of found) {
        if (one.size > end) return;
        yield `${JSON.stringify(one)}\n`;
        size = one.size;
      }
      if (found.length === 0) return;
    }
  }
}
