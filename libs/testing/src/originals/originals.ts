import { createHash } from 'node:crypto';
import type { Life } from '@caremesh/synthetic';
import { TextSearch } from './text-search.js';

export type Kind = 'NHS number' | 'address' | 'postcode' | 'local identifier' | 'name';
/** How many different texts of each kind were found. */
export type Told = Partial<Record<Kind, number>>;

/** What the source files of some people said of them, and which of it stands in given bytes or texts. */
export class Originals {
  readonly #search = new TextSearch();
  readonly #kinds = new Map<string, Kind>();
  /** As written, in capitals and small: each may stand in a source. */
  readonly #names = new Set<string>();
  readonly #fullNames = new Set<string>();

  constructor(lives: Iterable<Life>) {
    for (const life of lives) this.#learn(life);
  }

  /** How many texts are known. */
  get size(): number {
    return this.#search.size + this.#names.size;
  }

  /** In the bytes of a record: wherever it stands, also within a longer text. */
  inRecord(bytes: Buffer): Told {
    return this.#told(this.#search.foundIn(bytes));
  }

  /** In a log or an answer, where moments of thirteen digits stand too, some of which hold somebody's ten. */
  inProse(bytes: Buffer): Told {
    return this.#told(this.#search.foundIn(bytes, { digitsWhole: true }));
  }

  /** How many names, each as a word of its own: `Tan` is in `Tanya`, and nobody is named by that. */
  namesIn(text: string): number {
    return new Set(wordsOf(text).filter((word) => this.#names.has(word))).size;
  }

  /** How many people by both names, in either order: a log may say `price` or `patience` and mean nobody. */
  fullNamesIn(text: string): number {
    const words = wordsOf(text);
    const pairs = words.slice(1).map((word, at) => pairOf(words[at]!, word));
    return new Set(pairs.filter((pair) => this.#fullNames.has(pair))).size;
  }

  #learn({ person, medications, stays, referrals, packages }: Life): void {
    this.#add('NHS number', ...formsOf(person.nhsNumber));
    this.#add('address', person.address.line);
    const { postcode } = person.address;
    this.#add('postcode', postcode, postcode.replace(' ', ''));
    const { hospitalNumber, communityNumber, councilNumber } = person;
    this.#add('local identifier', hospitalNumber, communityNumber, councilNumber);
    // Of what hangs on one of these, the identifier begins with it.
    this.#add('local identifier', ...medications.map(({ id }) => id));
    this.#add('local identifier', ...stays.map(({ spell }) => spell));
    this.#add('local identifier', ...packages.map(({ reference }) => reference));
    this.#add('local identifier', ...referrals.map(({ id }) => id));
    this.#add(
      'local identifier',
      ...referrals.flatMap(({ contacts }) => contacts.map(({ id }) => id)),
    );
    for (const write of WAYS_OF_WRITING) {
      const [given, family] = [write(person.given), write(person.family)];
      this.#names.add(given).add(family);
      this.#fullNames.add(pairOf(given, family));
    }
  }

  #add(kind: Kind, ...texts: string[]): void {
    for (const text of texts) {
      this.#search.add(text);
      this.#kinds.set(text, kind);
    }
  }

  #told(found: Iterable<string>): Told {
    const told: Told = {};
    for (const text of found) {
      const kind = this.#kinds.get(text)!;
      told[kind] = (told[kind] ?? 0) + 1;
    }
    return told;
  }
}

const WAYS_OF_WRITING = [
  (name: string) => name,
  (name: string) => name.toUpperCase(),
  (name: string) => name.toLowerCase(),
];
const pairOf = (one: string, other: string): string =>
  one < other ? `${one} ${other}` : `${other} ${one}`;
/** Digits belong to a word: between two of them three letters of a pseudonym may well be somebody's name. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}’']+/gu) ?? [];

/** As it is written, and as what anybody with a list of all numbers could turn back: a hash without a key. */
function formsOf(number: string): string[] {
  const [, first = '', second = '', third = ''] = /^(...)(...)(....)$/.exec(number) ?? [];
  const hashes = [number, `nhs:${number}`].flatMap((text) => {
    const hash = createHash('sha256').update(text).digest();
    return [hash.toString('hex'), hash.toString('base64').slice(0, 40)];
  });
  const grouped = [' ', '-'].map((between) => [first, second, third].join(between));
  return [number, ...grouped, ...hashes];
}
