import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { contentHash } from '@caremesh/contract';
import { pack } from 'tar-stream';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../program.js';
import { memoryIo } from '../spec/memory-io.js';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';
import { versionFolder } from '../version-folder.js';

const VERSION = resolve(import.meta.dirname, '../../../../schemas/gp/medication-statement/v1');

afterEach(stopAnswering);

const credential = {
  clientId: 'grant-abcdefgh-1',
  clientSecret: 'hush',
  keyId: null,
  expires: '2027-01-01T00:00:00.000Z',
  tokenUrl: 'http://identity/token',
  scope: 'mesh-kafka',
  audience: 'mesh-kafka',
  bootstrap: 'broker:9092',
  securityProtocol: 'SASL_PLAINTEXT',
  saslMechanism: 'OAUTHBEARER',
  registryUrl: 'http://registry/apis/ccompat/v7',
  topics: ['share.abcdefgh.gp.medication-statement.v1'],
  groupPrefix: 'share.abcdefgh.',
};

describe('mesh contract', () => {
  it('lints a good folder offline with exit code 0 and the hash of its bytes', async () => {
    const { io, out } = memoryIo();
    expect(await run(['contract', 'lint', VERSION, '-o', 'json'], io)).toBe(0);
    const files = await versionFolder(io, VERSION);
    expect(JSON.parse(out())).toMatchObject({
      product: 'gp.medication-statement',
      contentHash: contentHash(files),
    });
  });

  it('fails a folder that breaks a rule with exit code 1, naming where and what to do', async () => {
    const { io, out, err } = memoryIo();
    const folder = join(io.home, 'v1');
    cpSync(VERSION, folder, { recursive: true });
    const contract = join(folder, 'contract.odcs.yaml');
    writeFileSync(contract, readFileSync(contract, 'utf8').replace(/^team:/m, 'crew:'));
    expect(await run(['contract', 'lint', 'v1', '-o', 'json'], io)).toBe(1);
    const { checks } = JSON.parse(out()) as { checks: { outcome: string }[] };
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([
      {
        name: 'odcs-valid',
        severity: 'blocks',
        outcome: 'failed',
        code: 'MESH-1201',
        path: 'contract.odcs.yaml#',
        reason: 'The field `crew` is not known here.',
        fix: 'Correct the field named, as the Open Data Contract Standard 3.1.0 describes it.',
      },
    ]);
    expect(err()).toContain('MESH-6512');
  });

  it('lints the next version after the one before it, and knows no other first than 1.0.0', async () => {
    const { io, out } = memoryIo();
    const next = join(io.home, 'next');
    const at = (version: string) => {
      rmSync(next, { recursive: true, force: true });
      cpSync(VERSION, next, { recursive: true });
      const contract = join(next, 'contract.odcs.yaml');
      const text = readFileSync(contract, 'utf8');
      writeFileSync(contract, text.replace(/^version: '1.0.0'/m, `version: '${version}'`));
    };
    at('1.0.1');
    expect(await run(['contract', 'lint', 'next', '--after', VERSION], io)).toBe(0);
    expect(await run(['contract', 'lint', 'next'], io)).toBe(1);
    expect(out()).toContain('The first version of a product is 1.0.0, not 1.0.1.');
    at('1.3.0');
    expect(await run(['contract', 'lint', 'next', '--after', VERSION], io)).toBe(1);
    expect(out()).toContain('From 1.0.0 the next version is 1.0.1, not 1.3.0');
  });

  it('proposes the files as they are, and leaves hidden ones at home', async () => {
    const answer = { id: 'p', checks: [], changes: [], decisionsNeeded: [] };
    const { mesh, asked, io } = await meshAnswering(answer, 201);
    cpSync(VERSION, join(io.home, 'v1'), { recursive: true });
    writeFileSync(join(io.home, 'v1', '.DS_Store'), 'x');
    expect(await mesh('contract', 'propose', 'v1', '--reason', 'First')).toBe(0);
    const [{ method, url, body } = { method: '', url: '', body: {} }] = asked;
    expect([method, url]).toEqual(['POST', '/v1/proposals']);
    const { files, reason } = body as { files: Record<string, string>; reason: string };
    expect(reason).toBe('First');
    expect(Object.keys(files)).toContain('schema.avsc');
    expect(Object.keys(files)).not.toContain('.DS_Store');
  });

  it('says which folder cannot be read, with exit code 2', async () => {
    const { io, err } = memoryIo();
    expect(await run(['contract', 'lint', 'nowhere'], io)).toBe(2);
    expect(err()).toContain('MESH-6510');
  });
});

describe('mesh proposal and grant', () => {
  it('lists who decided on each version, or whose decision it waits for', async () => {
    const one = { product: 'gp.x', version: '1.0.1', decisionsNeeded: ['governance-lead'] };
    const { mesh, out } = await meshAnswering({
      items: [
        { ...one, id: 'a', state: 'published', decidedBy: 'policy:documentation-only' },
        { ...one, id: 'b', state: 'proposed', decidedBy: null },
        { ...one, id: 'c', state: 'withdrawn', decidedBy: null },
      ],
    });
    expect(await mesh('proposal', 'list')).toBe(0);
    const [, ...rows] = out().split('\n');
    expect(rows[0]).toMatch(/^a +gp\.x 1\.0\.1 +published .*policy:documentation-only/);
    expect(rows[1]).toMatch(/waits for governance-lead/);
    expect(rows[2]).not.toMatch(/governance-lead/);
  });

  it('decides only with hash and reason', async () => {
    const { mesh, asked } = await meshAnswering({ checks: [], changes: [], decisionsNeeded: [] });
    expect(await mesh('proposal', 'approve', 'p1', '--reason', 'x')).toBe(2);
    expect(asked).toEqual([]);
    const hash = `sha256:${'0'.repeat(64)}`;
    expect(await mesh('proposal', 'approve', 'p1', '--hash', hash, '--reason', 'x')).toBe(0);
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/v1/proposals/p1/decisions',
        body: { decision: 'approve', contentHash: hash, reason: 'x' },
      },
    ]);
  });

  it('takes back and retries with a reason', async () => {
    const { mesh, asked } = await meshAnswering({ checks: [], changes: [], decisionsNeeded: [] });
    expect(await mesh('proposal', 'retry', 'p1', '--reason', 'Mended')).toBe(0);
    expect(await mesh('proposal', 'withdraw', 'p1')).toBe(2);
    expect(asked).toEqual([
      { method: 'POST', url: '/v1/proposals/p1/retry', body: { reason: 'Mended' } },
    ]);
  });

  it('shows and decides what a domain may use of the broker', async () => {
    const { mesh, asked, out } = await meshAnswering({
      name: 'gp',
      quota: { bytesPerSecond: 1_048_576, requestPercent: 100 },
    });
    expect(await mesh('domain', 'quota', 'gp')).toBe(0);
    expect(out()).toContain('1048576');
    const set = ['domain', 'set-quota', 'gp', '--reason', 'Small', '--request-percent', '100'];
    expect(await mesh(...set, '--bytes-per-second', 'much')).toBe(2);
    expect(await mesh(...set, '--bytes-per-second', '1048576')).toBe(0);
    const quota = { bytesPerSecond: 1_048_576, requestPercent: 100 };
    expect(asked).toMatchObject([
      { method: 'GET', url: '/v1/domains/gp' },
      { method: 'POST', url: '/v1/domains/gp/quota', body: { quota, reason: 'Small' } },
    ]);
  });

  it('says something about a proposal, and has somebody else decide', async () => {
    const { mesh, asked } = await meshAnswering(
      { author: 'a', at: 't', path: null, text: 'x' },
      201,
    );
    expect(await mesh('proposal', 'comment', 'p1', '--text', 'Why?', '--path', '$.purposes')).toBe(
      0,
    );
    const cover = ['cover', 'give', '--role', 'ig-lead', '--deputy', 'user-a', '--reason', 'Away'];
    expect(await mesh(...cover)).toBe(2);
    expect(await mesh(...cover, '--until', '2027-01-31')).toBe(0);
    const given = { role: 'ig-lead', deputy: 'user-a', until: '2027-01-31', reason: 'Away' };
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/v1/proposals/p1/comments',
        body: { text: 'Why?', path: '$.purposes' },
      },
      { method: 'POST', url: '/v1/covers', body: given },
    ]);
  });

  it('asks for a grant in the words of its options', async () => {
    const { mesh, asked, out } = await meshAnswering({ id: 'g1' }, 201);
    const line = [
      ...['grant', 'request', '--product', 'gp.medication-statement', '--purpose', 'audit'],
      ...['--legal-basis', '6(1)(e)/9(2)(h)/s251', '--organisation', 'QUY', '--fields', 'a,b'],
      ...['--until', '2027-01-31', '--reason', 'Clinical audit', '-o', 'json'],
    ];
    expect(await mesh(...line)).toBe(0);
    expect(asked[0]?.body).toEqual({
      product: 'gp.medication-statement',
      major: 1,
      purpose: 'audit',
      legalBasis: '6(1)(e)/9(2)(h)/s251',
      organisation: 'QUY',
      fields: 'a,b',
      until: '2027-01-31',
      reason: 'Clinical audit',
    });
    expect(out()).toBe('{"id":"g1"}\n');
  });

  it('prints settings that each client takes', async () => {
    const wanted: Record<string, string[]> = {
      json: ['"clientSecret": "hush"'],
      java: ['sasl.mechanism=OAUTHBEARER', 'clientSecret="hush"', 'group.id=share.abcdefgh.java'],
      librdkafka: ['sasl.oauthbearer.method=oidc', 'sasl.oauthbearer.client.secret=hush'],
      python: ['"sasl.oauthbearer.client.id": "grant-abcdefgh-1"'],
      node: ['groupId: "share.abcdefgh.node"'],
    };
    const { mesh, out, asked } = await meshAnswering(credential, 201);
    for (const [format, parts] of Object.entries(wanted)) {
      expect(await mesh('grant', 'credentials', 'abcdefgh', '--format', format)).toBe(0);
      for (const part of parts) expect(out(), format).toContain(part);
    }
    expect(asked.every(({ url }) => url === '/v1/grants/abcdefgh/credentials')).toBe(true);
  });

  it('prints lines that read files without making a credential', async () => {
    const wanted: Record<string, string[]> = {
      duckdb: ["read_parquet('gp.medication-statement.v1.parquet')", 'mesh port fetch abcdefgh'],
      r: ['gp_medication_statement_v1 <- read.csv("gp.medication-statement.v1.csv"'],
    };
    const { groupPrefix, topics } = credential;
    const grant = { groupPrefix, topics: topics.map((topic) => ({ topic })) };
    const { mesh, out, asked } = await meshAnswering(grant);
    for (const [format, parts] of Object.entries(wanted)) {
      expect(await mesh('grant', 'credentials', 'abcdefgh', '--format', format)).toBe(0);
      for (const part of parts) expect(out(), format).toContain(part);
    }
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      ...['GET /v1/grants/abcdefgh', 'GET /v1/grants/abcdefgh'],
    ]);
  });

  it('prints the settings of a credential that is there, and makes none', async () => {
    const { mesh, out, asked } = await meshAnswering({});
    const file = join(mkdtempSync(join(tmpdir(), 'caremesh-credential-')), 'credentials.json');
    writeFileSync(file, JSON.stringify(credential));
    const words = ['grant', 'credentials', 'abcdefgh', '--credentials', file, '--format', 'java'];
    expect(await mesh(...words)).toBe(0);
    expect(out()).toContain('clientSecret="hush"');
    expect(asked).toEqual([]);
  });

  it('makes no settings of a file that holds no credential, or one of another grant', async () => {
    const { mesh, out, err } = await meshAnswering({});
    const file = join(mkdtempSync(join(tmpdir(), 'caremesh-credential-')), 'credentials.json');
    const printed = (grant: string) => mesh('grant', 'credentials', grant, '--credentials', file);
    // What a shell leaves behind of a refusal that went into the file.
    writeFileSync(file, '{"status":409,"code":"MESH-3507"}');
    expect(await printed('abcdefgh')).toBe(2);
    expect(err()).toContain('MESH-6510');
    writeFileSync(file, JSON.stringify(credential));
    expect(await printed('stuvwxyz')).toBe(2);
    expect(err()).toContain('a credential of the grant abcdefgh, not of stuvwxyz');
    expect(out()).toBe('');
  });

  it('has a client with a key sign for itself, and says which cannot', async () => {
    const keyed = { ...credential, clientSecret: null, keyId: 'k1' };
    const { mesh, out, err, asked } = await meshAnswering(keyed, 201);
    const folder = mkdtempSync(join(tmpdir(), 'caremesh-key-'));
    writeFileSync(join(folder, 'public.jwk'), '{"kty":"EC"}');
    const words = ['grant', 'credentials', 'abcdefgh', '--public-key', join(folder, 'public.jwk')];
    expect(await mesh(...words, '--format', 'python')).toBe(0);
    expect(out()).toContain('"oauth_cb": token');
    expect(out()).not.toContain('client.secret');
    expect(await mesh(...words, '--format', 'node')).toBe(0);
    expect(out()).toContain('client_assertion: assertion()');
    expect(await mesh(...words, '--format', 'java')).toBe(2);
    expect(err()).toContain('take python or node, or json for a client of your own');
    writeFileSync(join(folder, 'public.jwk'), '{"kty":"EC","d":"secret"}');
    expect(await mesh(...words)).toBe(2);
    expect(err()).toContain('public.jwk holds a private key; name its public half.');
    expect(asked).toHaveLength(2);
  });

  it('shows which credentials of a grant live', async () => {
    const [createdAt, expires] = ['2026-11-29T16:29:22.851Z', '2027-05-29T00:00:00.000Z'];
    const grant = {
      legalBasis: { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 's251' },
      ...{ steps: [], topics: [], timeline: [] },
      credentials: [{ clientId: 'grant-abcdefgh-1', keyId: null, createdAt, expires }],
    };
    const { mesh, out } = await meshAnswering(grant);
    expect(await mesh('grant', 'show', 'abcdefgh')).toBe(0);
    expect(out()).toMatch(
      new RegExp(`CREDENTIAL +MADE +EXPIRES\\ngrant-abcdefgh-1 +${createdAt} +${expires}`),
    );
  });

  it('ends one credential, and only that', async () => {
    const { mesh, asked } = await meshAnswering({}, 204);
    expect(await mesh('grant', 'end-credential', 'abcdefgh', 'grant-abcdefgh-1')).toBe(0);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'DELETE /v1/grants/abcdefgh/credentials/grant-abcdefgh-1',
    ]);
  });

  it('has a role of PostgreSQL made for psql, where the tables are', async () => {
    const answer = {
      ...{ user: 'share_g1_ab', password: 'hush', host: '127.0.0.1', port: 5432 },
      ...{ database: 'mesh_output_ports', sslMode: 'prefer', tables: ['gp_medication_v1'] },
    };
    const { mesh, out, asked } = await meshAnswering(answer, 201);
    expect(await mesh('grant', 'credentials', 'g1', '--format', 'psql')).toBe(0);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'PUT /v1/grants/g1/output-port',
      'POST /v1/grants/g1/sql-credentials',
    ]);
    expect(out()).toBe(
      [
        'export PGHOST=127.0.0.1 PGPORT=5432 PGDATABASE=mesh_output_ports',
        'export PGUSER=share_g1_ab PGPASSWORD=hush PGSSLMODE=prefer',
        "# psql -c 'TABLE about'",
        "# psql -c 'TABLE gp_medication_v1'",
        '',
      ].join('\n'),
    );
  });
});

describe('mesh product', () => {
  it('searches with every filter of the API, and says how to narrow', async () => {
    const facets = {
      domain: [
        { value: 'gp', count: 2 },
        { value: 'acute', count: 1 },
      ],
      status: [],
    };
    const readAs = [{ word: 'presure', meant: ['pressure'] }];
    const answer = { items: [], next: 'abc', total: 3, facets, readAs, matched: 'some' };
    const { mesh, asked, out } = await meshAnswering(answer);
    const line = [
      ...['product', 'search', 'blood', 'presure', '--domain', 'gp', '--care-setting', 'community'],
      ...['--standard', 'SCCI0034', '--classification', 'none', '--purpose', 'audit'],
      ...['--publisher', 'A81001', '--status', 'published', '--limit', '5', '--cursor', 'x'],
    ];
    expect(await mesh(...line)).toBe(0);
    expect(asked[0]?.url).toBe(
      '/v1/products?q=blood+presure&domain=gp&careSetting=community&standard=SCCI0034' +
        '&classification=none&purpose=audit&publisher=A81001&status=published&limit=5&cursor=x',
    );
    for (const part of ['"presure" was read as pressure', '--cursor abc', 'gp (2), acute (1)'])
      expect(out()).toContain(part);
  });

  it('exports by --as the document, and still acts as somebody', async () => {
    const { mesh, asked, out } = await meshAnswering(Buffer.from('{"asyncapi":"3.0.0"}'));
    expect(await mesh('product', 'export', 'gp.x', '--as', 'asyncapi')).toBe(0);
    expect(out()).toBe('{"asyncapi":"3.0.0"}\n');
    expect(await mesh('product', 'export', 'gp.x', '--format', 'odcs')).toBe(0);
    expect(await mesh('product', 'export', 'gp.x')).toBe(2);
    expect(asked.map(({ url }) => url)).toEqual([
      '/v1/products/gp.x/asyncapi',
      '/v1/products/gp.x/odcs',
    ]);
  });

  it('shows a product part by part', async () => {
    const { mesh, asked } = await meshAnswering({ items: [], next: null });
    expect(await mesh('product', 'changelog', 'gp.x', '--major', '2')).toBe(0);
    expect(await mesh('product', 'fields', 'gp.x', '--q', 'reason', '--role', 'ods-code')).toBe(0);
    expect(await mesh('field', 'search', 'reason', '--code-system', 'http://snomed.info/sct')).toBe(
      0,
    );
    expect(await mesh('organisation', 'list', '--q', 'sussex', '--on', '2026-04-01')).toBe(0);
    expect(asked.map(({ url }) => url)).toEqual([
      '/v1/products/gp.x/changelog?major=2',
      '/v1/products/gp.x/fields?q=reason&role=ods-code',
      '/v1/fields?q=reason&codeSystem=http%3A%2F%2Fsnomed.info%2Fsct',
      '/v1/organisations?q=sussex&on=2026-04-01',
    ]);
  });

  it('tells lineage in both directions, and of others only how many', async () => {
    const { mesh, out } = await meshAnswering({
      upstream: [
        { field: 'reasonCode', from: { kind: 'code-system', system: 'snomed', version: 'uk' } },
      ],
      downstream: {
        fields: [{ product: 'gp.y', field: 'z', from: { field: 'reasonCode' } }],
        views: { items: [], others: 3 },
      },
    });
    expect(await mesh('product', 'lineage', 'gp.x')).toBe(0);
    for (const part of ['reasonCode  code-system  snomed uk', 'gp.y   z', '3 more grants read it'])
      expect(out()).toContain(part);
  });
});

describe('mesh audit', () => {
  it('prints the record of processing as it comes, and as nothing else', async () => {
    const csv = 'organisation,purpose\r\nQUY,research\r\n';
    const { mesh, out, err, asked } = await meshAnswering(Buffer.from(csv));
    expect(await mesh('audit', 'processing', '--organisation', 'QUY')).toBe(0);
    expect(out()).toBe(csv);
    expect(await mesh('audit', 'processing', '-o', 'json')).toBe(2);
    expect(err()).toContain('[MESH-6508]');
    expect(asked).toHaveLength(1);
  });

  it('unpacks an export under bare names, and fails one that was tampered with', async () => {
    const tar = pack();
    tar.entry({ name: '../entries.ndjson' }, '{"seq":1}\n');
    tar.finalize();
    const bytes = await buffer(tar as never);
    const { mesh, io, err } = await meshAnswering(bytes);
    expect(await mesh('audit', 'export', '--out', 'ledger')).toBe(0);
    expect(existsSync(join(io.home, 'entries.ndjson'))).toBe(false);
    expect(existsSync(join(io.home, 'ledger', 'entries.ndjson'))).toBe(true);
    expect(await mesh('audit', 'verify', 'ledger')).toBe(1);
    expect(err()).toContain('MESH-6512');
  });

  it('accuses no ledger because the wrong file was named as its key', async () => {
    const { mesh, io, err } = await meshAnswering({});
    writeFileSync(join(io.home, 'hostname'), 'here\n');
    expect(await mesh('audit', 'verify', '.', '--key', 'hostname')).toBe(2);
    expect(err()).toContain('MESH-6510');
  });
});

describe('mesh drift', () => {
  it('asks for what is wanted and shows each difference on a line', async () => {
    const { mesh, asked, out } = await meshAnswering({
      items: [
        {
          kind: 'setting',
          object: 'topic:gp.medication-statement.v1',
          outcome: 'repaired',
          detail: { setting: 'retention.ms', was: '1000', is: null },
          foundAt: '2026-01-01T00:00:00.000Z',
        },
      ],
      next: null,
    });
    expect(await mesh('drift', '--kind', 'setting')).toBe(0);
    expect(asked[0]).toMatchObject({ method: 'GET', url: '/v1/drift?kind=setting' });
    expect(out()).toContain(
      'setting  topic:gp.medication-statement.v1  repaired  {"setting":"retention.ms","was":"1000","is":null}',
    );
  });
});
