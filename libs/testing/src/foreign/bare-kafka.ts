import { connect } from 'node:net';
import type { Socket } from 'node:net';

const METADATA = 3;
const PRODUCE = 0;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;
const PATIENCE_MS = 5_000;

/** What came of an attempt: `closed` without a word, refused with the broker's error, or let in. */
export type Outcome = { state: 'closed' | 'refused' | 'in'; error: number };

/**
 * A Kafka client that sends exactly what it is told (protocol guide, kafka.apache.org/protocol): proper
 * clients refuse to send what must be proved refused.
 */
export class BareKafka {
  readonly #socket: Socket;
  readonly #frames: Buffer[] = [];
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    const end = () => {
      this.#closed = true;
      this.#wake();
    };
    socket.on('close', end).on('error', end);
  }

  static open(port: number): Promise<BareKafka> {
    return new Promise((done, failed) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('error', failed);
      socket.once('connect', () => done(new BareKafka(socket)));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Asks for the topics, as anybody does first. */
  async metadata(): Promise<Outcome> {
    const answer = await this.#request(METADATA, 1, int32(-1));
    return answer ? { state: 'in', error: 0 } : closed;
  }

  /** Sends an empty batch to a topic. */
  async produce(topic: string): Promise<Outcome> {
    const partition = Buffer.concat([int32(1), int32(0), int32(0)]);
    const body = [int16(-1), int16(1), int32(1_000), int32(1), string(topic), partition];
    const answer = await this.#request(PRODUCE, 3, Buffer.concat(body));
    return answer ? { state: 'in', error: 0 } : closed;
  }

  /** Signs in by `mechanism` with `bytes` as the first message. */
  async signIn(mechanism: string, bytes: string | Buffer): Promise<Outcome> {
    const handshake = await this.#request(SASL_HANDSHAKE, 1, string(mechanism));
    if (!handshake) return closed;
    const mechanismError = handshake.readInt16BE(0);
    if (mechanismError !== 0) return { state: 'refused', error: mechanismError };
    const first = await this.#authenticate(Buffer.from(bytes));
    // RFC 7628 section 3.2.3: a bad token is answered by a challenge; the client's reply ends it.
    const last = first?.challenged ? await this.#authenticate(Buffer.from('\u0001')) : first;
    if (!last) return closed;
    return { state: last.error === 0 ? 'in' : 'refused', error: last.error };
  }

  async #authenticate(message: Buffer): Promise<{ error: number; challenged: boolean } | null> {
    const body = Buffer.concat([int32(message.length), message]);
    const answer = await this.#request(SASL_AUTHENTICATE, 0, body);
    if (!answer) return null;
    // Error code, error message, then the mechanism's own bytes.
    const afterText = 4 + Math.max(0, answer.readInt16BE(2));
    return { error: answer.readInt16BE(0), challenged: answer.readInt32BE(afterText) > 0 };
  }

  async #request(key: number, version: number, body: Buffer): Promise<Buffer | null> {
    const header = Buffer.concat([int16(key), int16(version), int32(1), string('foreign')]);
    this.#socket.write(Buffer.concat([int32(header.length + body.length), header, body]));
    const frame = await this.#next();
    // The correlation id comes first.
    return frame?.subarray(4) ?? null;
  }

  async #next(): Promise<Buffer | null> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.#frames.length === 0 && !this.#closed) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error('The broker neither answered nor closed the connection');
      await new Promise<void>((wake) => {
        this.#wake = wake;
        setTimeout(wake, left).unref();
      });
    }
    return this.#frames.shift() ?? null;
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) break;
      this.#frames.push(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
    this.#wake();
  }
}

const closed: Outcome = { state: 'closed', error: 0 };

/** The first message of SASL/PLAIN (RFC 4616). */
export function plain(user: string, password: string): string {
  return `\0${user}\0${password}`;
}

/** The first message of SASL/OAUTHBEARER (RFC 7628). */
export function oauthBearer(token: string): string {
  return `n,,\u0001auth=Bearer ${token}\u0001\u0001`;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function string(text: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
}
