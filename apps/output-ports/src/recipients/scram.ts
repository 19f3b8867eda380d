import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** PostgreSQL's own default; what a password of 256 random bits could not be guessed by anyway. */
const ITERATIONS = 4_096;

/**
 * What PostgreSQL stores for a password (RFC 5803, with RFC 5802's keys): `SCRAM-SHA-256$<i>:<salt>$<StoredKey>:<ServerKey>`.
 * The password must be ASCII, so that SASLprep leaves it as it is. Pure but for the salt.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const serverKey = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
