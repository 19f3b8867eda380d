import { chmodSync, mkdirSync, mkdtempSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { databaseOf, databaseUrl } from './databases.js';
import { bootstrapRules } from './kafka-rules.js';
import { kafkaJvmOptions, kafkaSettings } from './kafka-settings.js';
import { canReach, makeEnterable, unprivilegedAccount } from './postgresql-place.js';
import { postgresqlSettings } from './postgresql.js';
import { registryDoors, registrySettings } from './registry.js';

const facts = {
  ports: { client: 1, internal: 2, controller: 3 },
  data: '/data',
  brokerPassword: 'secret',
  issuer: 'http://127.0.0.1:4',
  jwksUrl: 'http://127.0.0.1:4/jwks',
  audience: 'mesh-kafka',
  principalClaim: 'principal',
  isHasty: false,
};
const lines = kafkaSettings(facts).trim().split('\n');

it('makes every listener of the broker authenticate', () => {
  expect(lines).toContain(
    'listeners=CLIENT://127.0.0.1:1,INTERNAL://127.0.0.1:2,CONTROLLER://127.0.0.1:3',
  );
  expect(lines).toContain(
    'listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
  );
  expect(lines).toContain('listener.name.client.sasl.enabled.mechanisms=OAUTHBEARER');
  expect(lines).toContain('listener.name.internal.sasl.enabled.mechanisms=PLAIN');
  expect(lines).toContain('listener.name.controller.sasl.enabled.mechanisms=PLAIN');
});

it('checks a token’s signature, audience and issuer, not its form alone', () => {
  expect(lines).toContain(
    'sasl.oauthbearer.jwt.validator.class=org.apache.kafka.common.security.oauthbearer.BrokerJwtValidator',
  );
  expect(lines).toContain('sasl.oauthbearer.expected.audience=mesh-kafka');
  expect(lines).toContain('sasl.oauthbearer.expected.issuer=http://127.0.0.1:4');
  expect(lines).toContain('sasl.oauthbearer.sub.claim.name=principal');
  expect(kafkaJvmOptions(facts.jwksUrl)).toContain(
    '-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=http://127.0.0.1:4/jwks',
  );
});

it('knows one super user, and nobody is let in for want of a rule', () => {
  expect(lines.filter((line) => line.startsWith('super.users'))).toEqual([
    'super.users=User:broker',
  ]);
  expect(lines).toContain('allow.everyone.if.no.acl.found=false');
  expect(lines.join()).not.toMatch(/ANONYMOUS/);
});

it('gives governance rules to shape and not to read', () => {
  const rules = bootstrapRules();
  const [READ, ALL, WRITE, DELETE] = [3, 2, 4, 6];
  expect(new Set(rules.map(({ principal }) => principal))).toEqual(
    new Set(['User:svc-governance']),
  );
  expect(rules.filter(({ operation }) => operation === READ || operation === ALL)).toEqual([]);
  const writes = rules.filter(({ operation }) => operation === WRITE);
  expect(writes.map(({ resourceName }) => resourceName)).toEqual(['mesh.governance-events.v1']);
  // 3: a consumer group; topics it may not delete.
  const deletes = rules.filter(({ operation }) => operation === DELETE);
  expect(deletes.map(({ resourceType }) => resourceType)).toEqual([3]);
});

it('opens schemas and health of the registry, and closes the rest', () => {
  expect(registryDoors()).toEqual([
    '-Dquarkus.http.auth.policy.governance.roles-allowed=sr-admin',
    '-Dquarkus.http.auth.permission.closed.paths=/*',
    '-Dquarkus.http.auth.permission.closed.policy=governance',
    '-Dquarkus.http.auth.permission.open.paths=/apis/ccompat/v7/subjects,/apis/ccompat/v7/subjects/*,/apis/ccompat/v7/schemas/*,/apis/registry/v3/ids/*,/apis/ccompat/v7/associations/*,/health,/health/*',
    '-Dquarkus.http.auth.permission.open.policy=permit',
  ]);
  const settings = registrySettings({
    port: 5,
    issuer: facts.issuer,
    database: { url: 'jdbc:postgresql://127.0.0.1:6/mesh_registry', user: 'u', password: 'p' },
    program: '/p',
    environment: {},
    archive: null,
  });
  expect(settings['QUARKUS_OIDC_TOKEN_AUDIENCE']).toBe('mesh-registry');
  expect(settings['QUARKUS_HTTP_HOST']).toBe('127.0.0.1');
});

it('keeps PostgreSQL on loopback, durable, and its log free of values', () => {
  const settings = postgresqlSettings(7);
  expect(settings).toMatchObject({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
  });
  expect(settings).not.toHaveProperty('fsync');
});

it('names a database and its role after the service', () => {
  expect(databaseOf({ name: 'social-care', kind: 'domain' })).toBe('mesh_domain_social_care');
  expect(databaseOf({ name: 'governance', kind: 'service' })).toBe('mesh_governance');
  expect(databaseUrl('postgresql://a:b@h:5/postgres?sslmode=require', 'mesh_x', 'p/q')).toBe(
    'postgresql://mesh_x:p%2Fq@h:5/mesh_x?sslmode=require',
  );
});

it('runs PostgreSQL as postgres, else as nobody, never as root', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n';
  expect(unprivilegedAccount(passwd)).toEqual({ name: 'nobody', uid: 65_534, gid: 65_534 });
  const withPostgres = `${passwd}postgres:x:101:104::/var:/bin/sh\n`;
  expect(unprivilegedAccount(withPostgres)).toEqual({ name: 'postgres', uid: 101, gid: 104 });
  expect(() => unprivilegedAccount('root:x:0:0::/root:/bin/sh\n')).toThrow(/No user postgres/);
});

it('sees that a folder lies behind one that others may not enter', () => {
  const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
  expect(canReach('/usr/bin', nobody)).toBe(true);
  expect(canReach('/usr/bin/not/there/yet', nobody)).toBe(true);
  expect(canReach('/proc/1/fd', nobody)).toBe(false);
});

it('follows a symbolic link, as whoever goes there must', () => {
  const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
  const open = mkdtempSync(join(tmpdir(), 'caremesh-open-'));
  const closed = mkdtempSync(join(tmpdir(), 'caremesh-closed-'));
  chmodSync(open, 0o755);
  mkdirSync(join(closed, 'inside'), { mode: 0o755 });
  mkdirSync(join(open, 'beside'), { mode: 0o755 });
  symlinkSync(join(closed, 'inside'), join(open, 'in'));
  symlinkSync(join(open, 'beside'), join(closed, 'out'));
  symlinkSync(join(open, 'beside'), join(open, 'there'));
  const reached = [join(open, 'in', 'data'), join(closed, 'out'), join(open, 'there', 'data')];
  expect(reached.map((path) => canReach(path, nobody))).toEqual([false, false, true]);
});

it('makes a folder for the programs that others may enter, whatever the umask', () => {
  const root = mkdtempSync(join(tmpdir(), 'caremesh-enterable-'));
  const before = process.umask(0o077);
  try {
    makeEnterable(join(root, 'a', 'b'));
  } finally {
    process.umask(before);
  }
  const modes = [join(root, 'a'), join(root, 'a', 'b')].map((folder) => statSync(folder).mode);
  expect(modes.map((mode) => mode & 0o777)).toEqual([0o755, 0o755]);
  expect(statSync(root).mode & 0o777).toBe(0o700);
});
