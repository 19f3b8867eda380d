import { homeAt, readStatus } from '@caremesh/local';
import { inject } from 'vitest';
import type { TestStack } from './base-stack.js';
import './global-setup.js';

export type Part = 'postgresql' | 'identity' | 'kafka' | 'registry';

const PATIENCE_MS = 120_000;

/**
 * The one stack of this test run, once the named parts are ready (all four if none is named). Call it in
 * `beforeAll`. Fails with the name of the log when a part does not come up.
 */
export async function sharedStack(...parts: Part[]): Promise<TestStack> {
  const stack = inject('caremesh');
  const wanted: Part[] = parts.length > 0 ? parts : ['postgresql', 'identity', 'kafka', 'registry'];
  await untilReady(stack.home, wanted);
  return stack;
}

/** Waits until these components of a home are ready. */
async function untilReady(home: string, wanted: readonly string[]): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const components = readStatus(homeAt(home))?.components ?? [];
    const late = wanted.filter(
      (name) => components.find((one) => one.name === name)?.status !== 'ready',
    );
    if (late.length === 0) return;
    if (Date.now() > deadline) {
      throw new Error(`${late.join(', ')} did not become ready; see ${home}/logs`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
