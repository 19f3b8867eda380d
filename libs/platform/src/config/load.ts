import type { z } from 'zod';

import { platformErrors } from '../errors.js';
import { fieldErrors } from '../faults/issues.js';
import { problem } from '../faults/problem.js';

const PREFIX = 'MESH_';

/**
 * Configuration from the environment. `MESH_DATABASE_URL` is the field `databaseUrl` of the schema, and
 * so on; an empty variable counts as not set.
 * Throws MESH-5001 naming every missing or wrong variable at once, never a value.
 */
export function loadConfig<T>(schema: z.ZodType<T>, env: NodeJS.ProcessEnv = process.env): T {
  const parsed = schema.safeParse(meshVariables(env));
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error).map((found) => ({
    ...found,
    path: variableName(found.path),
    fix: 'Set the variable in the environment of the service.',
  }));
  const detail = errors.map(({ path, message }) => `${path} (${message})`).join(', ');
  throw problem(platformErrors.configuration, detail, errors);
}

function meshVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(PREFIX) && value ? [[fieldName(name), value] as const] : [],
  );
  return Object.fromEntries(entries);
}

function fieldName(variable: string): string {
  return variable
    .slice(PREFIX.length)
    .toLowerCase()
    .replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function variableName(path: string): string {
  const field = path.replace(/^\$\.?/, '');
  return PREFIX + field.replace(/([A-Z])/g, '_$1').toUpperCase();
}
