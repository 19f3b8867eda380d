import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { signingKey } from './signing-key.js';

describe('the signing key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-spec-'));

  it('is made once, readable by its owner alone, and found again', async () => {
    const file = join(folder, 'keys', 'identity.jwk');
    const made = await signingKey(file);
    expect([made.kty, made.alg, made.use]).toEqual(['RSA', 'RS256', 'sig']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await signingKey(file)).toEqual(made);
  });

  it('is one, and whole, for all that start at once', async () => {
    const file = join(folder, 'together', 'identity.jwk');
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => signingKey(file)));
    expect(others).toEqual([first, first]);
    expect(readdirSync(join(folder, 'together'))).toEqual(['identity.jwk']);
  });

  it.each(['', 'no json', '{"kty":"RSA","n":"x","e":"AQAB","kid":"a"}'])(
    'is not replaced when the file holds %j',
    async (text) => {
      const file = join(folder, 'broken');
      writeFileSync(file, text);
      await expect(signingKey(file)).rejects.toMatchObject({ code: 'MESH-5302' });
    },
  );
});
