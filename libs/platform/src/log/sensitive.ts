import { inspect } from 'node:util';

const MASK = '[sensitive]';

/**
 * A value that no log line, error text or JSON document can show. Only `reveal()` gives it back, so
 * every place where a secret leaves the type can be found by searching for that word.
 */
export class Sensitive<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself, for the one call that needs it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** The plain value of something that may or may not be wrapped. */
export function revealed<T>(value: T | Sensitive<T>): T {
  return value instanceof Sensitive ? value.reveal() : value;
}
