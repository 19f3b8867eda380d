/** So many questions are answered at once; each takes a connection of the few that the whole service has. */
const AT_ONCE = 2;

/**
 * Questions take turns before they take a connection: those of one name one after the other, and of all names two at once. In the database
 * alone each that waits would hold a connection meanwhile, and nine questions would leave none to end a port with.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #free = AT_ONCE;

  /** What `work` gives, once it is its turn. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const mine = (before ?? Promise.resolve()).then(() => this.#oneOfAll(work));
    const settled = mine.catch(() => undefined);
    this.#last.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }

  async #oneOfAll<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
