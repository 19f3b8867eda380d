import { describe, expect, it } from 'vitest';
import { canSign, CLIENT_FORMATS, readySettings, sqlSettings } from './settings.js';
import type { ClientCredential } from './credential.js';

const credential: ClientCredential = {
  ...{ clientId: 'grant-abcdefgh-1', clientSecret: 's3cret', keyId: null, expires: '2027-01-31' },
  ...{ tokenUrl: 'https://id/token', scope: 'mesh-kafka', audience: 'mesh-kafka' },
  ...{ bootstrap: 'a:9092,b:9092', securityProtocol: 'SASL_SSL', saslMechanism: 'OAUTHBEARER' },
  ...{ registryUrl: 'https://registry', topics: ['share.abcdefgh.gp.x.v1'] },
  groupPrefix: 'share.abcdefgh.',
};
const known = { ...credential, clientSecret: null };
const signing = { ...known, keyId: credential.clientId };
const SECRET_IN = ['json', 'python', 'java', 'node', 'librdkafka'];
const all = (of: ClientCredential) =>
  CLIENT_FORMATS.map((format) => [format, readySettings(of, format)] as const);

describe('ready settings of a credential', () => {
  it('have its secret in the answer that makes it, and nothing to fill in', () => {
    expect(CLIENT_FORMATS).toEqual([...SECRET_IN, 'duckdb', 'r']);
    for (const [format, ready] of all(credential)) {
      expect([format, ready?.fillIn]).toEqual([format, null]);
      expect(ready?.text.includes('s3cret'), format).toBe(SECRET_IN.includes(format));
      expect(ready?.text, format).toContain(SECRET_IN.includes(format) ? 'abcdefgh-1' : 'gp.x.v1');
    }
  });

  it('say for Java what the JVM has to be told besides', () => {
    const [first, ...settings] = readySettings(credential, 'java')?.text.split('\n') ?? [];
    expect(first).toBe(
      '# java -Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=https://id/token ...',
    );
    expect(settings.every((line) => /^[a-z.]+=/.test(line))).toBe(true);
  });

  it('say afterwards what stands for it, and are else the same', () => {
    for (const [format, ready] of all(known)) {
      const isMarked = SECRET_IN.includes(format);
      expect([format, ready?.fillIn]).toEqual([format, isMarked ? '<client-secret>' : null]);
      const text = readySettings(credential, format)?.text;
      expect(ready?.text).toBe(text?.replace('s3cret', '<client-secret>'));
    }
  });

  it('sign with a key where the client can, and are none where it cannot', () => {
    const made = all(signing).filter(([, ready]) => ready !== null);
    expect(made.map(([format]) => format)).toEqual(['json', 'python', 'node', 'duckdb', 'r']);
    for (const format of CLIENT_FORMATS)
      expect(canSign(format)).toBe(made.some(([one]) => one === format));
    for (const [format, ready] of made) {
      expect([format, ready?.fillIn]).toEqual([format, null]);
      expect(ready?.text.includes('client_assertion')).toBe(['python', 'node'].includes(format));
      expect(ready?.text).not.toContain('client-secret');
    }
  });

  it('are the environment of libpq for SQL, which a shell reads also while a password is missing', () => {
    const sql = {
      ...{ user: 'u', password: 'pw', expires: '2027-01-31', host: 'h', port: 5432 },
      ...{ database: 'd', sslMode: 'verify-full', schema: 's', tables: ['x'] },
    };
    expect(sqlSettings(sql)).toEqual({
      ...{ format: 'psql', fillIn: null },
      text: [
        'export PGHOST=h PGPORT=5432 PGDATABASE=d',
        'export PGUSER=u PGPASSWORD=pw PGSSLMODE=verify-full',
        "# psql -c 'TABLE about'",
        "# psql -c 'TABLE x'",
      ].join('\n'),
    });
    const { text, fillIn } = sqlSettings({ ...sql, password: null });
    expect(fillIn).toMatch(/^[A-Z_]+$/);
    expect(text).toContain(`PGPASSWORD=${fillIn} `);
  });
});
