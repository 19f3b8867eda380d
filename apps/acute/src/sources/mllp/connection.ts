import type { Socket } from 'node:net';
import { FrameReader, framed, type Frame } from './framing.js';

export type ConnectionLimits = {
  frameMax: number;
  /** A frame once begun must end within this time, and an answer be taken. */
  stallMs: number;
  /** A sender may stay silent this long between messages. */
  idleMs: number;
  /** Messages of one connection that may wait for their answers; then reading pauses. */
  pendingMax: number;
};

/**
 * One sender: takes frames off its socket and writes the answers in the order of the messages.
 * Whatever it sends or fails to send harms only itself: a stalled frame, an answer never read, or bytes that are
 * no MLLP close it, what came whole before being answered; a sender that runs ahead of its answers is made to wait.
 */
export class Connection {
  private readonly reader: FrameReader;
  private readonly answers: Promise<Buffer>[] = [];
  private writing = false;
  private stall: NodeJS.Timeout | undefined;
  private closing = false;
  /** When it last completed a message: the longest silent one goes first when room is needed. */
  lastFrame = Date.now();

  constructor(
    private readonly socket: Socket,
    private readonly answer: (frame: Frame) => Promise<Buffer>,
    private readonly limits: ConnectionLimits,
  ) {
    this.reader = new FrameReader(limits.frameMax);
    socket.setTimeout(limits.idleMs, () => this.drop());
    socket.on('error', () => this.drop());
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    // Who has sent all it has may say so and still read. Set here, not for the server: strangers to TLS are let go.
    socket.allowHalfOpen = true;
    socket.on('end', () => this.finish());
    socket.on('close', () => clearTimeout(this.stall));
  }

  get waiting(): number {
    return this.answers.length;
  }

  /** Takes no more; closes once every message taken is answered. */
  finish(): void {
    if (this.closing) return;
    this.closing = true;
    this.unwatch();
    // What still comes is read and left: a connection closed with bytes unread takes back answers on their way.
    this.socket.resume();
    if (!this.writing) this.leave();
  }

  drop(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    if (this.closing) return;
    const frames = this.reader.push(chunk);
    for (const frame of frames) this.answers.push(this.answer(frame));
    if (frames.length > 0) this.lastFrame = Date.now();
    this.watch(frames.length > 0);
    if (this.isAhead) this.wait();
    if (!this.writing && this.answers.length > 0) void this.write();
    if (this.reader.isNoise) this.finish();
  }

  /** A frame has a limited time from its first byte to its last, however often a byte of it comes. */
  private watch(completed: boolean): void {
    if (completed || !this.reader.partial) this.unwatch();
    if (this.reader.partial) this.stall ??= setTimeout(() => this.finish(), this.limits.stallMs);
  }

  private unwatch(): void {
    clearTimeout(this.stall);
    this.stall = undefined;
  }

  private get isAhead(): boolean {
    return this.answers.length >= this.limits.pendingMax;
  }

  /** Reads no more for now; a frame half read is not the sender's fault then. */
  private wait(): void {
    this.socket.pause();
    this.unwatch();
  }

  private read(): void {
    this.socket.resume();
    this.watch(false);
  }

  /** Writes answers one after another, each when it is there; never rejects. */
  private async write(): Promise<void> {
    this.writing = true;
    try {
      while (this.answers.length > 0) {
        const bytes = framed(await this.answers[0]!);
        void this.answers.shift();
        if (this.socket.destroyed) return;
        if (!this.socket.write(bytes)) await this.drained();
        if (!this.closing && !this.isAhead) this.read();
      }
      if (this.closing) this.leave();
    } catch {
      this.drop();
    } finally {
      this.writing = false;
    }
  }

  /** Closes when what was written is on its way, or after a while: who reads no answers is not waited for. */
  private leave(): void {
    this.socket.destroySoon();
    if (!this.socket.destroyed) this.stall = setTimeout(() => this.drop(), this.limits.stallMs);
  }

  /** A sender that does not read its answers is let go after a while. */
  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.drop(), this.limits.stallMs);
      const done = (): void => {
        clearTimeout(timer);
        this.socket.off('drain', done).off('close', done);
        resolve();
      };
      this.socket.once('drain', done).once('close', done);
    });
  }
}
