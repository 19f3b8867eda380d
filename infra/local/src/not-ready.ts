import type { Status } from './status.js';
import type { LogBook, LogMarks } from './supervisor/log-book.js';

/**
 * Why a mesh is not ready, a line or more for a part: those that fail or do not come up, each with its last words behind the
 * marks, and by name alone those that were not started because of them.
 */
export function whyNotReady(
  components: Status['components'],
  logs: LogBook,
  marks: LogMarks,
): string {
  const parts = components.filter(({ status }) => status !== 'ready');
  // A part is started when all it needs are ready: one that has a process, or had so many in vain, waits for nobody.
  const culprits = parts.filter(({ status, pid }) => status === 'failing' || pid !== null);
  const others = parts.filter((one) => !culprits.includes(one));
  const said = culprits.map(({ name, status }) => {
    const words = logs.tail(name, marks);
    const ends = words.length > 0 ? 'ends:' : 'says nothing of this start.';
    return [`${name} is ${status}; ${logs.fileOf(name)} ${ends}`, ...words].join('\n  ');
  });
  const waiting = culprits.length > 0 ? `waiting for ${namesOf(culprits)}` : 'not started';
  return [...said, ...(others.length > 0 ? [`${waiting}: ${namesOf(others)}`] : [])].join('\n');
}

function namesOf(parts: Status['components']): string {
  return parts.map(({ name }) => name).join(', ');
}
