import { AnsweredOtherwise } from '@caremesh/platform';

/** Why a domain waits. `MESH-5211` is identity's answer for a domain that no lead has accepted yet. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'MESH-5211') return 'waiting for approval';
  return `governance cannot be asked (${causeOf(error, code)})`;
}

function causeOf(error: unknown, code: unknown): string {
  if (error instanceof AnsweredOtherwise) return `it answered ${error.status}`;
  // That it took too long has a number for a code, which tells nobody anything.
  return typeof code === 'string' ? code : 'no answer';
}
