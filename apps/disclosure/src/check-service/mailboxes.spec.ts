import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { mailboxesOf } from './mailboxes.js';

const home = mkdtempSync(join(tmpdir(), 'caremesh-mailboxes-'));
const secret = join(home, 'secret');
writeFileSync(secret, 'a secret');
const account = (url: string) => ({
  ...{ url, mailbox: 'X26HC001', checkMailbox: 'X26OT001' },
  ...{ passwordFile: secret, sharedKeyFile: secret },
});

function openIn(mode: string, ...urls: string[]) {
  const file = join(home, 'mailboxes.json');
  writeFileSync(
    file,
    JSON.stringify(Object.fromEntries(urls.map((url, n) => [`Q${n}`, account(url)]))),
  );
  return mailboxesOf({ mode, home, file });
}

test('in production none is reached in the clear', () => {
  const [plain, encrypted] = ['http://127.0.0.1:8700', 'https://mesh.example'];
  expect(() => openIn('production', encrypted, plain)).toThrow(
    expect.objectContaining({
      code: 'MESH-4401',
      message: expect.stringContaining('Q1.url') as string,
    }),
  );
  expect(openIn('production', encrypted)('Q0')).not.toBeNull();
  expect(openIn('development', plain)('Q0')).not.toBeNull();
});

test('without a file there is the stand-in, and in production nobody', () => {
  expect(mailboxesOf({ mode: 'development', home, file: undefined })('Q0')).not.toBeNull();
  expect(mailboxesOf({ mode: 'production', home, file: undefined })('Q0')).toBeNull();
});
