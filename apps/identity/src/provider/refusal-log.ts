const HOUR_MS = 3_600_000;
const MOST_CLIENTS = 1_000;

/**
 * Which refusals are worth a line in the log. A domain that waits for approval asks several times a second, for days: its
 * refusal is news when the reason changes, and once an hour. Of very many clients the latest are remembered.
 */
export class RefusalLog {
  readonly #last = new Map<string, { reason: string; at: number }>();

  /** `client` only if it is known; `at` in milliseconds of a clock that never goes back. */
  isNews(client: string | undefined, reason: string, at = performance.now()): boolean {
    const key = client ?? '';
    const last = this.#last.get(key);
    if (last?.reason === reason && at - last.at < HOUR_MS) return false;
    this.#last.delete(key);
    this.#last.set(key, { reason, at });
    const [oldest = ''] = this.#last.keys();
    if (this.#last.size > MOST_CLIENTS) this.#last.delete(oldest);
    return true;
  }
}
