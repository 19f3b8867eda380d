import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Mailbox, Message } from './mailbox.js';
import { LINE } from './request-file.js';

const INTRODUCTION = [
  '# Stand-in for the Check for National Data Opt-outs service, in development and tests only.',
  '# NHS numbers on lines of their own here are left out of every cleaned list; all others are on it.',
];

/** Where the stand-in's file lies. */
export const optedOutFile = (home: string): string => join(home, 'check-service', 'opted-out.txt');

/** A mailbox that answers itself, at once, with everybody but those whom a file names. Never in production. */
export class StandInMailbox implements Mailbox {
  readonly id = 'STANDIN';
  readonly #file: string;
  readonly #answers = new Map<string, Message>();
  #sent = 0;

  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(file, `${INTRODUCTION.join('\n')}\n`, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }

  send(fileName: string, bytes: Buffer): Promise<void> {
    const out = this.#optedOut();
    const lines: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += LINE) {
      const line = bytes.subarray(at, at + LINE);
      if (!out.has(line.toString('latin1', 0, 10))) lines.push(line);
    }
    const answer = { fileName, localId: fileName, report: false, bytes: Buffer.concat(lines) };
    this.#answers.set(String(++this.#sent), answer);
    return Promise.resolve();
  }

  waiting(): Promise<string[]> {
    return Promise.resolve([...this.#answers.keys()]);
  }

  fetch(id: string): Promise<Message> {
    return Promise.resolve(this.#answers.get(id)!);
  }

  acknowledge(id: string): Promise<void> {
    this.#answers.delete(id);
    return Promise.resolve();
  }

  changedAt(): number {
    return statSync(this.#file).mtimeMs;
  }

  #optedOut(): Set<string> {
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    return new Set(lines.map((line) => line.replace(/[\s,-]/g, '')).filter(Boolean));
  }
}
