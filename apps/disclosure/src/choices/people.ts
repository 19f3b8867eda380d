const DIGITS = 9;
const EMPTY = 0;

/** The first nine digits of an NHS number; the tenth follows from them. */
export const numberOf = (nhsNumber: string): number => Number(nhsNumber.slice(0, DIGITS));

/**
 * The ten digits of a number: modulus 11 (NHS Data Dictionary, NHS NUMBER). The contract library says whether ten digits are one, and makes
 * none of nine; found by asking it, the tenth of a million people would be guessed ten times each.
 */
export function nhsNumberOf(number: number): string {
  const digits = String(number).padStart(DIGITS, '0');
  let sum = 0;
  for (let at = 0; at < DIGITS; at++) sum += (digits.charCodeAt(at) - 48) * (10 - at);
  return `${digits}${(11 - (sum % 11)) % 11}`;
}

/**
 * A set of NHS numbers, open addressing over 32-bit integers at most half full: 8 MB for a million people, where a Set
 * of strings takes over 80.
 */
export class People {
  readonly #slots: Uint32Array;
  readonly #mask: number;
  #size = 0;

  constructor(numbers: Uint32Array) {
    let slots = 16;
    while (slots < 2 * numbers.length) slots *= 2;
    this.#slots = new Uint32Array(slots);
    this.#mask = slots - 1;
    for (const number of numbers) this.#add(number);
  }

  get size(): number {
    return this.#size;
  }

  has(number: number): boolean {
    for (let at = this.#start(number); ; at = (at + 1) & this.#mask) {
      const held = this.#slots[at];
      if (held === number) return true;
      if (held === EMPTY) return false;
    }
  }

  #add(number: number): void {
    let at = this.#start(number);
    for (; this.#slots[at] !== EMPTY; at = (at + 1) & this.#mask) {
      if (this.#slots[at] === number) return;
    }
    this.#slots[at] = number;
    this.#size += 1;
  }

  // Fibonacci hashing: numbers issued one after the other do not lie one after the other.
  #start(number: number): number {
    return (Math.imul(number, 0x9e3779b1) >>> 7) & this.#mask;
  }
}

/** Numbers as bytes, to be sealed. */
export const bytesOf = (numbers: Uint32Array): Buffer =>
  Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** The numbers of such bytes. */
export function numbersOf(bytes: Buffer): Uint32Array {
  const numbers = new Uint32Array(bytes.length / Uint32Array.BYTES_PER_ELEMENT);
  bytesOf(numbers).set(bytes);
  return numbers;
}
