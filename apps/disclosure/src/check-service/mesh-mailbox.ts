import { createHmac, randomUUID } from 'node:crypto';
import { request as overHttp } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { request as overHttps } from 'node:https';

import { problem } from '@caremesh/platform';
import type { Sensitive } from '@caremesh/platform';
import { z } from 'zod';

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
  /** The workflow of its answers, if only those of one are. */
  answerWorkflow?: string;
  tls?: { cert: string; key: string; ca?: string };
};

type Answer = { status: number; headers: IncomingHttpHeaders; bytes: Buffer };
type Ask = { method: string; path: string; headers?: Record<string, string>; bytes?: Buffer };

/** The exchange takes bodies of up to 100 MB in one piece over the internet; larger ones go in chunks. */
const CHUNK = 20 * 1024 * 1024;
const PATIENCE_MS = 60_000;
const sent = z.object({ message_id: z.string() });
const inbox = z.object({ messages: z.array(z.string()) });
/** The second number of `1:3`: in how many pieces a message comes. */
const PIECES = /^1:(\d{1,4})$/;

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
    const { message_id: id } = readAs(sent, first);
    for (let n = 2; n <= chunks; n++) {
      await this.#ask({
        ...{ method: 'POST', path: `outbox/${id}/${n}`, bytes: chunkOf(n) },
        headers: { 'content-type': 'application/octet-stream', ...range(n) },
      });
    }
  }

  async waiting(): Promise<string[]> {
    return readAs(inbox, await this.#ask({ method: 'GET', path: 'inbox' })).messages;
  }

  async fetch(id: string): Promise<Message> {
    const path = `inbox/${encodeURIComponent(id)}`;
    const { headers, bytes } = await this.#ask({ method: 'GET', path });
    const message = {
      fileName: headerOf(headers, 'mex-filename'),
      localId: headerOf(headers, 'mex-localid'),
      report: headerOf(headers, 'mex-messagetype') === 'REPORT',
    };
    if (this.#isForeign(headers, message.report)) {
      return { ...message, foreign: true, bytes: Buffer.alloc(0) };
    }
    const pieces = [bytes];
    for (let n = 2; n <= piecesOf(headers); n++) {
      pieces.push((await this.#ask({ method: 'GET', path: `${path}/${n}` })).bytes);
    }
    return { ...message, bytes: Buffer.concat(pieces) };
  }

  /** An answer is from the check service; a report is the exchange's own, about a message of our workflow. */
  #isForeign(headers: IncomingHttpHeaders, report: boolean): boolean {
    const from = headerOf(headers, 'mex-from');
    const workflow = headerOf(headers, 'mex-workflowid');
    const account = this.#account;
    if (report) return workflow !== account.workflow;
    // Every message says whom it is from: what does not is a page of something between us and the exchange.
    if (from === null) throw strangeAnswer();
    const { answerWorkflow = workflow } = account;
    return from !== account.checkMailbox || workflow !== answerWorkflow;
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

/** What an answer of the exchange says. Throws MESH-4402 where it is none, such as a page that says it is being mended. */
function readAs<T>(shape: z.ZodType<T>, { bytes }: Answer): T {
  try {
    return shape.parse(JSON.parse(bytes.toString()));
  } catch {
    throw strangeAnswer();
  }
}

function piecesOf(headers: IncomingHttpHeaders): number {
  const range = headerOf(headers, 'mex-chunk-range');
  if (range === null) return 1;
  const [, pieces] = PIECES.exec(range) ?? [];
  if (pieces === undefined) throw strangeAnswer();
  return Number(pieces);
}

const strangeAnswer = () =>
  problem(disclosureErrors.mailboxUnavailable, 'it answered as the exchange does not');

function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
