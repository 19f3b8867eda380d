import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Sensitive } from '@caremesh/platform';
import { afterEach, describe, expect, test } from 'vitest';

import { MeshMailbox } from './mesh-mailbox.js';
import type { MeshAccount } from './mesh-mailbox.js';

let server: Server | undefined;
afterEach(() => new Promise((done) => (server ? server.close(done) : done(null))));

const CHECK = 'X26OT154';
const WORKFLOW = 'SPINE_NTT_UPHOLDING';
const ANSWERS = `${WORKFLOW}_RESPONSE`;

/** A mailbox at an exchange that answers whatever it is asked with this. */
async function mailboxAnswering(
  body: string,
  headers: Record<string, string> = {},
  own: Partial<MeshAccount> = {},
) {
  server = createServer((_, response) => response.writeHead(200, headers).end(body));
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return new MeshMailbox({
    ...{ url: `http://127.0.0.1:${port}`, mailbox: 'X26HC001', checkMailbox: CHECK },
    ...{ workflow: WORKFLOW, password: new Sensitive('a'), sharedKey: new Sensitive('b'), ...own },
  });
}

const unavailable = { code: 'MESH-4402', retriable: true };

describe('a page where the exchange should be', () => {
  test.each(['<html>Maintenance</html>', 'null', '{}', '{"messages":[1],"message_id":1}'])(
    '%s is trouble with the mailbox, whatever was asked',
    async (page) => {
      const box = await mailboxAnswering(page);
      await expect(box.waiting()).rejects.toMatchObject(unavailable);
      await expect(box.send('X', Buffer.from('9'))).rejects.toMatchObject(unavailable);
      await expect(box.fetch('M1')).rejects.toMatchObject(unavailable);
    },
  );

  test('so is a message that does not say in how many pieces it comes', async () => {
    const box = await mailboxAnswering('x', { 'mex-from': CHECK, 'mex-chunk-range': '1:many' });
    await expect(box.fetch('M1')).rejects.toMatchObject(unavailable);
  });
});

describe('a message', () => {
  const report = { 'mex-messagetype': 'REPORT' };
  test.each<[string, Record<string, string>, Partial<MeshAccount>, boolean]>([
    ['of the check service', { 'mex-from': CHECK, 'mex-workflowid': ANSWERS }, {}, false],
    ['of somebody else', { 'mex-from': 'X26AB001', 'mex-workflowid': ANSWERS }, {}, true],
    [
      'of the workflow of answers',
      { 'mex-from': CHECK, 'mex-workflowid': ANSWERS },
      { answerWorkflow: ANSWERS },
      false,
    ],
    [
      'of another workflow',
      { 'mex-from': CHECK, 'mex-workflowid': 'OTHER' },
      { answerWorkflow: ANSWERS },
      true,
    ],
    ['of the exchange, about a request', { ...report, 'mex-workflowid': WORKFLOW }, {}, false],
    ['of the exchange, about a letter', { ...report, 'mex-workflowid': 'LETTERS' }, {}, true],
  ])('%s', async (_, headers, own, isForeign) => {
    const box = await mailboxAnswering('9000000009,\n', headers, own);
    const { foreign = false, bytes } = await box.fetch('M1');
    expect(foreign).toBe(isForeign);
    expect(bytes.length).toBe(isForeign ? 0 : 12);
  });
});
