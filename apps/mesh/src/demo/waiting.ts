import { cliError, meshErrors } from '../errors.js';

const LOOK_MS = 300;

/** Asks until there is an answer other than null. Throws MESH-6504 naming what was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null>,
  patienceMs = 180_000,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) {
      throw cliError(meshErrors.unreachable, `${what} took longer than ${patienceMs / 1_000} s.`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
