import { randomBytes } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** A new id: 14 letters and digits of base 32 (70 random bits). No dot or hyphen: grant ids are in topic names. */
export function newId(): string {
  return [...randomBytes(14)].map((byte) => ALPHABET[byte & 31]).join('');
}
