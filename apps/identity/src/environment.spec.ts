import { expect, it } from 'vitest';

import { readEnvironment } from './environment.js';

const environment = {
  MESH_HOME: '/tmp/home',
  MESH_PORT: '8080',
  MESH_DATABASE_URL: 'postgresql://127.0.0.1/identity',
  MESH_OIDC_ISSUER: 'http://127.0.0.1:8080',
};

it.each(['development', 'test'])('the provider starts in %s mode', (mode) => {
  expect(readEnvironment({ ...environment, MESH_MODE: mode }).mode).toBe(mode);
});

it('the provider refuses to start in production mode', () => {
  expect(() => readEnvironment({ ...environment, MESH_MODE: 'production' })).toThrow(/^MESH-5301/);
});
