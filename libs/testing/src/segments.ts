import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestStack } from './base-stack.js';

/** Whether the text stands anywhere in the broker's files of a topic. */
export function inSegments(
  { home }: Pick<TestStack, 'home'>,
  topic: string,
  text: string,
): boolean {
  const data = join(home, 'data', 'kafka');
  return readdirSync(data)
    .filter((name) => name.startsWith(`${topic}-`))
    .flatMap((name) => readdirSync(join(data, name)).map((file) => join(data, name, file)))
    .some((file) => contentOf(file).includes(text));
}

// The broker takes files away while they are listed.
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
