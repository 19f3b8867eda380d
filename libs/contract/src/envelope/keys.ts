import { KeyedSha256 } from './keyed.js';

/**
 * Keys and ids that nobody without the domain's key can turn back into a person or a record:
 * the first 26 characters of the base32 (RFC 4648, lower case, no padding) of an HMAC-SHA-256.
 * 26 characters are 130 bits, so two people never meet in one key by chance.
 */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const LENGTH = 26;

/** Whom a record is about: the NHS number if there is one, else the local identifier with its issuer's ODS code. */
export type PersonIdentity = { nhsNumber: string } | { issuer: string; localId: string };

/** Person part of the key of a product that is about no person. */
export const NO_PERSON = '-';

/** First 26 base32 characters of HMAC-SHA-256(key, text as UTF-8). */
export function keyedHash(key: Uint8Array, text: string): string {
  let keyed = keyedBy.get(key);
  if (keyed === undefined) keyedBy.set(key, (keyed = new KeyedSha256(key)));
  return base32(keyed.of(text));
}

const keyedBy = new WeakMap<Uint8Array, KeyedSha256>();

const CODES = Buffer.from(ALPHABET, 'latin1');
const encoded = Buffer.alloc(LENGTH);

/** First 26 base32 characters of `bytes`, one a character (17 bytes hold the 130 bits). */
function base32(bytes: string): string {
  let held = 0;
  let bits = 0;
  let next = 0;
  for (let at = 0; at < LENGTH; at++) {
    if (bits < 5) {
      held = ((held & 0x1f) << 8) | bytes.charCodeAt(next++);
      bits += 8;
    }
    bits -= 5;
    encoded[at] = CODES[(held >>> bits) & 0x1f]!;
  }
  return encoded.toString('latin1');
}

/** Person part of a record key, the same for one person in every product of the domain. */
export function personKey(domainKey: Uint8Array, person: PersonIdentity): string {
  return keyedHash(
    domainKey,
    'nhsNumber' in person ? `nhs:${person.nhsNumber}` : `local:${person.issuer}:${person.localId}`,
  );
}

/** Record part of a key. A product id holds a full stop, so this text can never be that of a person. */
export function recordKey(domainKey: Uint8Array, product: string, sourceRecordId: string): string {
  return keyedHash(domainKey, `${product}:${sourceRecordId}`);
}

/** Kafka message key: `<person>.<record>`. */
export function messageKey(person: string, record: string): string {
  return `${person}.${record}`;
}

/** Splits a message key; null when it has not the mesh's shape. */
export function parseMessageKey(key: string): { person: string; record: string } | null {
  const match = /^(-|[a-z2-7]{26})\.([a-z2-7]{26})$/.exec(key);
  return match === null ? null : { person: match[1]!, record: match[2]! };
}

/**
 * `ce_id`: the same source record, product and revision give the same id, however often published.
 * The source's own id comes last and is the only part that may hold any character, so no two inputs run together.
 */
export function eventId(
  domainKey: Uint8Array,
  source: string,
  sourceId: string,
  product: string,
  revision: number,
): string {
  return keyedHash(
    domainKey,
    `event\u0000${source}\u0000${product}\u0000${revision}\u0000${sourceId}`,
  );
}

/**
 * Partition of a person: murmur2 of the person part alone, made positive and taken modulo the partitions,
 * as Kafka's default partitioner does with a key's bytes. One person's records stay in one partition, in order.
 */
export function partitionOf(person: string, partitions: number): number {
  return (murmur2(Buffer.from(person, 'utf8')) & 0x7fffffff) % partitions;
}

const M = 0x5bd1e995;

/** MurmurHash2, 32 bits, seed 0x9747b28c, as in `org.apache.kafka.common.utils.Utils.murmur2`. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  h = mixTail(h, data, whole, length & 3);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

function mixTail(hash: number, data: Uint8Array, from: number, left: number): number {
  if (left === 0) return hash;
  let h = hash;
  if (left === 3) h ^= data[from + 2]! << 16;
  if (left >= 2) h ^= data[from + 1]! << 8;
  return Math.imul(h ^ data[from]!, M);
}
