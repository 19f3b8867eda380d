import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signCheckpoint } from './checkpoint.js';
import { keyIdOf, sealerKey } from './sealer-key.js';

const ORIGIN = 'caremesh/ledger';
const newFile = () => join(mkdtempSync(join(tmpdir(), 'caremesh-key-')), 'keys', 'sealer.jwk');

describe('a checkpoint', () => {
  it('is a signed note: origin, size, head; em dash, name, key id with signature', () => {
    const key = sealerKey(newFile(), ORIGIN);
    const root = Buffer.alloc(32, 7);
    const at = '2026-01-05T09:00:00.000Z';
    const made = signCheckpoint({ size: 42, root, at }, key);
    const text = `caremesh/ledger\n42\n${root.toString('base64')}\n`;
    const [body, signed = ''] = made.note.split('\n\n');
    expect(`${body}\n`).toBe(text);
    const [, name, blob = ''] = /^— (\S+) (\S+)\n$/.exec(signed) ?? [];
    expect(name).toBe(ORIGIN);
    const bytes = Buffer.from(blob, 'base64');
    expect(bytes.subarray(0, 4).toString('hex')).toBe(key.keyId);
    expect(bytes.subarray(4).toString('base64')).toBe(made.signature);
    const publicKey = createPublicKey({ format: 'jwk', key: key.publicJwk });
    expect(verify(null, Buffer.from(text), publicKey, bytes.subarray(4))).toBe(true);
    expect(made).toMatchObject({
      origin: ORIGIN,
      size: 42,
      root: root.toString('base64'),
      at,
      keyId: key.keyId,
    });
  });

  it('names its key by four bytes of a hash over name, type and key', () => {
    // The verifier key that the Go package of signed notes explains itself with.
    const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    const [name = '', id, key = ''] = vkey.split('+');
    expect(keyIdOf(name, Buffer.from(key, 'base64').subarray(1))).toBe(id);
  });
});

describe('the sealer’s key', () => {
  it('is made once, for this user alone, and read again', () => {
    const file = newFile();
    const first = sealerKey(file, ORIGIN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(sealerKey(file, ORIGIN).publicJwk).toEqual(first.publicJwk);
    expect(first.publicJwk).not.toHaveProperty('d');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('d');
  });

  it('is refused if the file holds something else, without a word of what it holds', () => {
    const file = newFile();
    sealerKey(file, ORIGIN);
    writeFileSync(file, '{"kty":"oct","k":"c2VjcmV0"}');
    expect(() => sealerKey(file, ORIGIN)).toThrow(expect.objectContaining({ code: 'MESH-3702' }));
    expect(() => sealerKey(file, ORIGIN)).not.toThrow(/c2VjcmV0/);
  });
});
