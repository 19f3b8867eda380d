import { setTimeout as sleep } from 'node:timers/promises';
import { compareVersions } from '@caremesh/contract';

/** One approved version of a product: the id that its records carry in bytes 1 to 4. */
type ApprovedSchema = { schemaId: number; version: string };

/** Asks governance which schema ids a topic's records may carry. Throws when it gives no answer. */
export type ApprovedLookup = (topic: string) => Promise<ApprovedSchema[]>;

type Held = { versions: Map<number, string>; askedAt: number };

/**
 * Which schema ids are approved for a topic, kept so that a record costs no call. An id not held is asked for again
 * before it is refused, because a version may have been approved a moment ago; the question is put at most once per
 * batch and `spacingMs`, so a flood of invented ids cannot become a flood of calls.
 */
export class ApprovedSchemas {
  readonly #lookup: ApprovedLookup;
  readonly #spacingMs: number;
  readonly #held = new Map<string, Held>();

  constructor(lookup: ApprovedLookup, spacingMs = 250) {
    this.#lookup = lookup;
    this.#spacingMs = spacingMs;
  }

  /** True if `schemaId` is known to be approved for the topic. Never asks. */
  knows(topic: string, schemaId: number): boolean {
    return this.#held.get(topic)?.versions.has(schemaId) ?? false;
  }

  /** Ids held for the topic, newest version last. */
  ids(topic: string): number[] {
    return [...(this.#held.get(topic)?.versions.keys() ?? [])];
  }

  /**
   * Asks anew. Waits until `spacingMs` have passed since the last question about the topic.
   * Throws what the lookup throws: without an answer nothing can be called unapproved.
   */
  async refresh(topic: string): Promise<void> {
    const wait = (this.#held.get(topic)?.askedAt ?? 0) + this.#spacingMs - Date.now();
    if (wait > 0) await sleep(wait);
    const askedAt = Date.now();
    const approved = await this.#lookup(topic);
    const ordered = [...approved].sort((a, b) => compareVersions(a.version, b.version));
    this.#held.set(topic, {
      versions: new Map(ordered.map(({ schemaId, version }) => [schemaId, version])),
      askedAt,
    });
  }
}
