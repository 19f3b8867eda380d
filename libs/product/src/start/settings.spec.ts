import { describe, expect, it } from 'vitest';

import { gp } from '../rig/feed.js';
import { openDomain } from './start-domain.js';

const complete: NodeJS.ProcessEnv = {
  MESH_MODE: 'test',
  MESH_HOME: '/tmp/home',
  MESH_SERVICE: 'gp',
  MESH_PORT: '0',
  // Nobody listens there: what gets as far as that is refused for that.
  MESH_DATABASE_URL: 'postgresql://gp:pass@127.0.0.1:1/gp',
  MESH_KAFKA_BROKERS: '127.0.0.1:1',
  MESH_REGISTRY_URL: 'http://127.0.0.1:1',
  MESH_OIDC_ISSUER: 'http://127.0.0.1:1',
  MESH_GOVERNANCE_URL: 'http://127.0.0.1:1',
  MESH_CLIENT_ID: 'svc-gp',
  MESH_CLIENT_SECRET_FILE: '/tmp/home/none',
  MESH_KEY_FILE: '/tmp/home/none',
  MESH_SCHEMAS_DIR: '/tmp/schemas',
  MESH_LOG_LEVEL: 'silent',
};

const listen = () => Promise.reject(new Error('not opened'));
const listening = { ...gp, sources: [{ ...gp.sources[0]!, name: 'day-feed', listen }] };

/** The code of what keeps the domain from starting, and the variables that it names. */
async function refusal(more: NodeJS.ProcessEnv): Promise<string> {
  const error = await openDomain(listening, { ...complete, ...more }).then(
    () => null,
    (found: unknown) => found as { code?: string; errors?: { path: string }[] },
  );
  return [error?.code, ...(error?.errors ?? []).map(({ path }) => path)].join(' ');
}

describe('a domain does not start', () => {
  it.each([
    ['MESH_PARITY_SECONDS', '60s'],
    ['MESH_PARITY_SECONDS', '0'],
    ['MESH_PARITY_SECONDS', '-1'],
    ['MESH_PARITY_SECONDS', '9000000'],
    ['MESH_DAY_FEED_PORT', 'eighty'],
    ['MESH_DAY_FEED_PORT', '70000'],
    ['MESH_HTTP_PORT', '1.5'],
  ])('with %s set to %s, and names it', async (name, value) => {
    expect(await refusal({ [name]: value })).toBe(`MESH-5001 ${name}`);
  });

  it('and names all that are wrong at once', async () => {
    const wrong = { MESH_LOG_LEVEL: 'loud', MESH_PARITY_SECONDS: '1m', MESH_DAY_FEED_PORT: 'x' };
    expect(await refusal(wrong)).toBe(
      'MESH-5001 MESH_LOG_LEVEL MESH_PARITY_SECONDS MESH_DAY_FEED_PORT',
    );
  });

  it('for its settings if they are as they should be, also if a port is that of another method', async () => {
    const good = { MESH_PARITY_SECONDS: '0.2', MESH_DAY_FEED_PORT: '0', MESH_MLLP_PORT: 'eighty' };
    expect(await refusal(good)).toBe('ECONNREFUSED');
  });
});
