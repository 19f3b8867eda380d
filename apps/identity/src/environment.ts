import { loadConfig, problem, serviceEnvironment } from '@caremesh/platform';
import type { z } from 'zod';

import { identityErrors } from './errors.js';

// Where and as whom it writes to the ledger; a provider that is tried by itself writes nowhere.
const forLedger = serviceEnvironment.pick({
  governanceUrl: true,
  clientId: true,
  clientSecretFile: true,
});

const schema = serviceEnvironment
  .pick({
    mode: true,
    home: true,
    host: true,
    port: true,
    databaseUrl: true,
    oidcIssuer: true,
    logLevel: true,
  })
  .extend(forLedger.partial().shape);

/** What the identity provider is told by its environment. */
export type IdentityEnvironment = z.output<typeof schema>;

/**
 * The environment of this process. Throws MESH-5301 in production mode: passwords in a file and people
 * that everybody knows are for development and tests.
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): IdentityEnvironment {
  const environment = loadConfig(schema, env);
  if (environment.mode === 'production') throw problem(identityErrors.production);
  return environment;
}
