import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { build, startBase, type TestStack } from './base-stack.js';

declare module 'vitest' {
  interface ProvidedContext {
    caremesh: TestStack;
  }
}

/** Vitest's global setup of the medium specs: one stack for the whole run. Specs call `sharedStack()`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  build(['@caremesh/platform', '@caremesh/identity']);
  const { stack, stop } = await startBase();
  project.provide('caremesh', stack);
  return async () => {
    await stop();
    if (!process.env['CARE_KEEP_TEST_HOME']) rmSync(stack.home, { recursive: true, force: true });
  };
}
