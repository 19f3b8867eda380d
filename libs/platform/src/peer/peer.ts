import type { z } from 'zod';

import { AnotherShape, AnsweredOtherwise, NoAnswer } from './no-good-answer.js';

/** From the token at hand to the last byte of the answer. */
const PATIENCE_MS = 5_000;

/** Who is asked: its name in a fault, its address without a slash at its end, and the tokens it takes. */
export type PeerOptions = {
  name: string;
  url: string;
  tokens: { token(): Promise<string> };
};

/** What goes with a question beside its path. */
export type Question = {
  /** Default: GET, and POST for what sends something. */
  method?: 'GET' | 'POST' | 'PUT';
  json?: object;
  /** Of whoever it is asked for, in place of a token of one's own. */
  authorization?: string;
};

/** Another service, asked over HTTP with a token of one's own. */
export class Peer {
  readonly #options: PeerOptions;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  /**
   * Asks, and reads the answer as `shape` says; without a shape it is not read. Throws `NoAnswer`, `AnsweredOtherwise` or
   * `AnotherShape`, and what the tokens throw as it is: then nothing was asked.
   */
  ask<T>(path: string, question: Question & { shape: z.ZodType<T> }): Promise<T>;
  ask(path: string, question?: Question): Promise<void>;
  async ask<T>(
    path: string,
    { shape, ...question }: Question & { shape?: z.ZodType<T> } = {},
  ): Promise<T | void> {
    const answer = await this.#asked(path, question);
    if (answer.ok && shape) return read(answer, shape);
    // Else its connection would be nobody's until it is collected.
    await answer.body?.cancel().catch(() => undefined);
    if (!answer.ok) throw new AnsweredOtherwise(this.#options.name, answer.status);
  }

  async #asked(path: string, question: Question): Promise<Response> {
    const { url, tokens } = this.#options;
    const { json, method = json ? 'POST' : 'GET' } = question;
    // Given, it is somebody else's even when it says nothing: one's own right never stands in for theirs.
    const authorization =
      'authorization' in question ? `${question.authorization}` : `Bearer ${await tokens.token()}`;
    const headers = {
      authorization,
      accept: 'application/json',
      ...(json && { 'content-type': 'application/json' }),
    };
    const body = json ? JSON.stringify(json) : null;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return fetch(`${url}${path}`, { method, headers, body, signal }).catch((cause: unknown) => {
      throw new NoAnswer(cause);
    });
  }
}

async function read<T>(answer: Response, shape: z.ZodType<T>): Promise<T> {
  const said: unknown = await answer.json().catch((fault: unknown) => {
    throw new AnotherShape(fault);
  });
  const parsed = shape.safeParse(said);
  if (!parsed.success) throw new AnotherShape(parsed.error);
  return parsed.data;
}
