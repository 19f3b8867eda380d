import { line, type Result } from '../measure/report.js';
import type { Rig } from '../mesh/rig.js';

const FIRST_S = 120;
const AGAIN_S = 30;
const MEMORY_MB = 2.5 * 1024;

/** From `mesh up` to ready and filled, the second start of the same mesh, and the memory of all parts together. */
export async function startUp({ mesh }: Rig): Promise<Result[]> {
  const memory = mesh.memoryMb();
  const again = (await mesh.restart()) / 1000;
  const first = mesh.startedInMs / 1000;
  return [
    line(
      'Ready and filled, new data folder (packages and build there)',
      `${first.toFixed(1)} s`,
      `${FIRST_S} s`,
      first <= FIRST_S,
    ),
    line('Ready the next time', `${again.toFixed(1)} s`, `${AGAIN_S} s`, again <= AGAIN_S),
    line(
      'All parts together (PSS)',
      `${Math.round(memory)} MiB`,
      `${MEMORY_MB} MiB`,
      memory <= MEMORY_MB,
    ),
  ];
}
