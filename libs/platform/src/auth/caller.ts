import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';

const KINDS = { user: 'user', domain: 'domain', grant: 'grant', svc: 'service' } as const;

/** Who calls: a person, a care domain, the holder of a grant, or a service of the mesh. */
export type Caller = {
  sub: string;
  kind: 'user' | 'domain' | 'grant' | 'service';
  name: string;
  roles: string[];
  organisation: string | null;
  team: string | null;
};

/**
 * The caller that a checked token speaks for. The prefix of the subject is the kind, so names of two
 * kinds can never be taken for each other. Throws MESH-5202 for a subject of no known kind.
 */
export function callerOf(claims: Record<string, unknown>): Caller {
  const sub = textOrNull(claims['sub']) ?? '';
  const [, prefix, name] = /^(user|domain|grant|svc)-([a-z0-9][a-z0-9-]*)$/.exec(sub) ?? [];
  if (!prefix || !name) throw problem(platformErrors.badToken, 'The subject is of no known kind');
  return {
    sub,
    kind: KINDS[prefix as keyof typeof KINDS],
    name,
    roles: texts(claims['roles']),
    organisation: textOrNull(claims['org']),
    team: textOrNull(claims['team']),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
