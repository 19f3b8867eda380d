import { createHmac, randomUUID } from 'node:crypto';
import { request as overHttp } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { request as overHttps } from 'node:https';

import { problem } from '@caremesh/platform';
import type { Sensitive } from '@caremesh/platform';

import { disclosureErrors } from '../errors.js';
import type { Mailbox, Message } from './mailbox.js';

/** A mailbox at the exchange. Certificates are PEM; the exchange of the NHS asks for a client's own. */
export type MeshAccount = {
  url: string;
  mailbox: string;
  password: Sensitive<string>;
  sharedKey: Sensitive<string>;
  /** Mailbox of the check service, and the workflow its requests go under. */
  checkMailbox: string;
  workflow: string;
  tls?: { cert: string; key: string; ca?: string };
};

type Answer = { status: number; headers: IncomingHttpHeaders; bytes: Buffer };
type Ask = { method: string; path: string; headers?: Record<string, string>; bytes?: Buffer };

/** The exchange takes bodies of up to 100 MB in one piece over the internet; larger ones go in chunks. */
const CHUNK = 20 * 1024 * 1024;
const PATIENCE_MS = 60_000;

/** A mailbox of the NHS's MESH API. Every call throws MESH-4402, retriable, when there is no good answer. */
export class MeshMailbox implements Mailbox {
  readonly #account: MeshAccount;

  constructor(account: MeshAccount) {
    this.#account = account;
  }

  get id(): string {
    return this.#account.mailbox;
  }

  async send(fileName: string, bytes: Buffer): Promise<void> {
    const { checkMailbox, workflow } = this.#account;
    const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK));
    const chunkOf = (n: number) => bytes.subarray((n - 1) * CHUNK, n * CHUNK);
    const range = (n: number): Record<string, string> =>
      chunks > 1 ? { 'mex-chunk-range': `${n}:${chunks}` } : {};
    const first = await this.#ask({
      ...{ method: 'POST', path: 'outbox', bytes: chunkOf(1) },
      headers: {
        ...{ 'mex-to': checkMailbox, 'mex-workflowid': workflow },
        ...{ 'mex-filename': `${fileName}.dat`, 'mex-localid': fileName },
        ...{ 'content-type': 'application/octet-stream', ...range(1) },
      },
    });
    const { message_id: id } = JSON.parse(first.bytes.toString()) as { message_id?: string };
    for (let n = 2; n <= chunks; n++) {
      await this.#ask({
        ...{ method: 'POST', path: `outbox/${id}/${n}`, bytes: chunkOf(n) },
        headers: { 'content-type': 'application/octet-stream', ...range(n) },
      });
    }
  }

  async waiting(): Promise<string[]> {
    const { bytes } = await this.#ask({ method: 'GET', path: 'inbox' });
    const { messages } = JSON.parse(bytes.toString()) as { messages?: string[] };
    return messages ?? [];
  }

  async fetch(id: string): Promise<Message> {
    const path = `inbox/${encodeURIComponent(id)}`;
    const { headers, bytes } = await this.#ask({ method: 'GET', path });
    const pieces = [bytes];
    const [, chunks = '1'] = headerOf(headers, 'mex-chunk-range')?.split(':') ?? [];
    for (let n = 2; n <= Number(chunks); n++) {
      pieces.push((await this.#ask({ method: 'GET', path: `${path}/${n}` })).bytes);
    }
    return {
      fileName: headerOf(headers, 'mex-filename'),
      localId: headerOf(headers, 'mex-localid'),
      report: headerOf(headers, 'mex-messagetype') === 'REPORT',
      bytes: Buffer.concat(pieces),
    };
  }

  async acknowledge(id: string): Promise<void> {
    await this.#ask({
      method: 'PUT',
      path: `inbox/${encodeURIComponent(id)}/status/acknowledged`,
    });
  }

  async #ask(ask: Ask): Promise<Answer> {
    const answer = await this.#call(ask).catch((cause: unknown) => {
      throw problem(disclosureErrors.mailboxUnavailable, 'it gives no answer', [], cause);
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw problem(disclosureErrors.mailboxUnavailable, `it answered ${answer.status}`);
  }

  #call({ method, path, headers = {}, bytes }: Ask): Promise<Answer> {
    const { url, mailbox, tls } = this.#account;
    const to = new URL(`${url}/messageexchange/${encodeURIComponent(mailbox)}/${path}`);
    const send = to.protocol === 'https:' ? overHttps : overHttp;
    const options = {
      ...{ method, timeout: PATIENCE_MS, ...tls },
      headers: {
        authorization: this.#authorization(),
        accept: 'application/vnd.mesh.v2+json',
        ...headers,
        ...(bytes && { 'content-length': bytes.length }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = send(to, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers: own, complete } = response;
          if (!complete) return reject(new Error('the answer broke off'));
          resolve({ status, headers: own, bytes: Buffer.concat(chunks) });
        });
      });
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.end(bytes);
    });
  }

  /** HMAC-SHA-256 over mailbox, nonce, count, password and time, as the MESH API asks for. */
  #authorization(): string {
    const { mailbox, password, sharedKey } = this.#account;
    const nonce = randomUUID();
    const time = new Date().toISOString().replace(/\D/g, '').slice(0, 12);
    const hash = createHmac('sha256', sharedKey.reveal())
      .update(`${mailbox}:${nonce}:1:${password.reveal()}:${time}`)
      .digest('hex');
    return `NHSMESH ${mailbox}:${nonce}:1:${time}:${hash}`;
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
