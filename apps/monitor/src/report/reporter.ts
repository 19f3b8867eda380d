import { eachAlone } from '@caremesh/platform';

import type { Governance, WatchedMajor } from '../governance/governance.js';
import type { FigureStore } from './figures.js';

// Told at least so often, so that silence means that nobody measures.
const ANYWAY_MS = 60_000;

type Parts = {
  governance: Pick<Governance, 'tell'>;
  figures: FigureStore;
  majors: () => WatchedMajor[];
  healthWindowMs: number;
};

/** Tells governance what was found and measured. */
export class Reporter {
  readonly #parts: Parts;
  readonly #told = new Map<string, { text: string; at: number }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Tells everything that is new, once. Throws MESH-7001; what was not heard is told again, and holds up nothing of other products. */
  async report(): Promise<void> {
    await eachAlone(this.#parts.majors(), async (major) => {
      await this.#findings(major);
      await this.#health(major);
    });
  }

  async #findings({ topic, product, major }: WatchedMajor): Promise<void> {
    const { governance, figures } = this.#parts;
    const waiting = await figures.waiting(topic);
    if (waiting.findings.length === 0) return;
    await governance.tell(product, 'findings', { major, ...waiting });
    await figures.told(topic, waiting);
  }

  async #health({ topic, product, major }: WatchedMajor): Promise<void> {
    const { governance, figures, healthWindowMs } = this.#parts;
    const window = await figures.figures(topic, new Date(Date.now() - healthWindowMs));
    const text = JSON.stringify(window);
    const told = this.#told.get(topic);
    if (told?.text === text && Date.now() - told.at < ANYWAY_MS) return;
    await governance.tell(product, 'health', { major, window });
    this.#told.set(topic, { text, at: Date.now() });
  }
}
