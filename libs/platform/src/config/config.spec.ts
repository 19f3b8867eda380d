import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { Problem } from '../faults/problem.js';
import { brokerSecurity, serviceEnvironment } from './environment.js';
import { loadConfig } from './load.js';
import { readSecret } from './secret.js';

const complete = {
  MESH_MODE: 'test',
  MESH_HOME: '/tmp/home',
  MESH_SERVICE: 'orders',
  MESH_HOST: '127.0.0.1',
  MESH_PORT: '8080',
  MESH_DATABASE_URL: 'postgresql://orders:pass@127.0.0.1/orders',
  MESH_KAFKA_BROKERS: '127.0.0.1:9092,127.0.0.1:9093',
  MESH_REGISTRY_URL: 'http://127.0.0.1:8081/apis/ccompat/v7/',
  MESH_OIDC_ISSUER: 'http://127.0.0.1:8082',
  MESH_GOVERNANCE_URL: 'http://127.0.0.1:8083',
  MESH_CLIENT_ID: 'svc-orders',
  MESH_CLIENT_SECRET_FILE: '/tmp/home/secrets/svc-orders',
  MESH_KEY_FILE: '/tmp/home/keys/orders.key',
  MESH_SCHEMAS_DIR: '/tmp/schemas',
  MESH_LOG_LEVEL: 'warn',
};

function refusal(env: NodeJS.ProcessEnv): Problem {
  try {
    loadConfig(serviceEnvironment, env);
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error('not refused');
}

describe('the environment of a service', () => {
  it('is read whole', () => {
    const { databaseUrl, ...rest } = loadConfig(serviceEnvironment, complete);
    expect(databaseUrl.reveal()).toBe('postgresql://orders:pass@127.0.0.1/orders');
    expect(rest).toEqual({
      mode: 'test',
      home: '/tmp/home',
      service: 'orders',
      host: '127.0.0.1',
      port: 8080,
      kafkaBrokers: ['127.0.0.1:9092', '127.0.0.1:9093'],
      registryUrl: 'http://127.0.0.1:8081/apis/ccompat/v7',
      oidcIssuer: 'http://127.0.0.1:8082',
      governanceUrl: 'http://127.0.0.1:8083',
      clientId: 'svc-orders',
      clientSecretFile: '/tmp/home/secrets/svc-orders',
      keyFile: '/tmp/home/keys/orders.key',
      schemasDir: '/tmp/schemas',
      logLevel: 'warn',
    });
  });

  it('has defaults for mode, host and log level', () => {
    const { MESH_MODE: _, MESH_HOST: __, MESH_LOG_LEVEL: ___, ...rest } = complete;
    expect(loadConfig(serviceEnvironment, rest)).toMatchObject({
      mode: 'development',
      host: '127.0.0.1',
      logLevel: 'info',
    });
  });

  it('names every variable that is missing or wrong at once, and no value', () => {
    const { MESH_HOME: _, ...rest } = complete;
    const found = refusal({ ...rest, MESH_PORT: 'eighty', MESH_DATABASE_URL: 'mysql://x:pass@y' });
    expect(found.code).toBe('MESH-5001');
    expect(found.errors.map(({ path }) => path)).toEqual([
      'MESH_HOME',
      'MESH_PORT',
      'MESH_DATABASE_URL',
    ]);
    expect(found.message).toContain('MESH_HOME (A string is required here.)');
    expect(JSON.stringify(found)).not.toMatch(/eighty|pass@/);
  });

  it('takes an empty variable as one that is not set', () => {
    expect(refusal({ ...complete, MESH_CLIENT_ID: '' }).errors.map(({ path }) => path)).toEqual([
      'MESH_CLIENT_ID',
    ]);
  });

  it('can be extended by a service and narrowed to what it needs', () => {
    const own = serviceEnvironment
      .pick({ mode: true })
      .extend({ parcelPort: z.coerce.number().int() });
    expect(loadConfig(own, { MESH_MODE: 'production', MESH_PARCEL_PORT: '2575' })).toEqual({
      mode: 'production',
      parcelPort: 2575,
    });
  });

  it('says how to speak with the broker: TLS in production, unless it says otherwise', () => {
    const of = (env: NodeJS.ProcessEnv) =>
      brokerSecurity(loadConfig(serviceEnvironment, { ...complete, ...env }));
    expect(of({ MESH_MODE: 'production' })).toBe('SASL_SSL');
    expect(of({ MESH_MODE: 'development' })).toBe('SASL_PLAINTEXT');
    expect(of({ MESH_MODE: 'production', MESH_KAFKA_SECURITY: 'SASL_PLAINTEXT' })).toBe(
      'SASL_PLAINTEXT',
    );
    expect(of({ MESH_KAFKA_SECURITY: 'SASL_SSL' })).toBe('SASL_SSL');
    expect(refusal({ ...complete, MESH_KAFKA_SECURITY: 'PLAINTEXT' }).errors).toHaveLength(1);
  });

  it('refuses a mode that there is not', () => {
    expect(refusal({ ...complete, MESH_MODE: 'prod' }).errors).toHaveLength(1);
  });
});

describe('a secret file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-spec-'));

  it('is read without its line end and cannot be printed', () => {
    const file = join(folder, 'good');
    writeFileSync(file, 'abc\n');
    const secret = readSecret(file);
    expect([secret.reveal(), String(secret)]).toEqual(['abc', '[sensitive]']);
  });

  it.each(['absent', 'empty'])('that is %s is a fault with a code', (name) => {
    if (name === 'empty') writeFileSync(join(folder, name), '\n');
    expect(() => readSecret(join(folder, name))).toThrow(/^MESH-5002/);
  });
});
