import { asProblem } from './problem-filter.js';
import { createLogger } from '../log/logger.js';
import { giveBackWhenIdle } from '../work/give-back.js';

/**
 * Runs the start of a process. If it fails, the last log line says what, why and what to do by the
 * code of the closed list, and the process ends with 1 so that its supervisor tries again.
 */
export async function run(name: string, start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
    giveBackWhenIdle();
  } catch (error) {
    const { code, detail, fix } = asProblem(error);
    createLogger(name).fatal({ code, detail, fix, err: error }, 'Not started');
    process.exit(1);
  }
}
