import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { Producer } from '@platformatic/kafka';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayFromNow } from '../../days.js';
import { runGuide } from '../../guides/run-guide.js';
import { heldBy } from '../../originals/edition.js';
import { grantWidestAndNarrowest } from '../../originals/granted.js';
import { personToken } from '../../sign-in.js';
import { everyWay } from '../../ways-out/ways.js';
import { hasSentAll } from '../outbox.js';
import { asBroker, asClient, readAll, secretAt, type Stored } from '../reader.js';
import { mesh } from './mesh.js';

type Grant = {
  id: string;
  state: string;
  groupPrefix: string;
  topics: { product: string; topic: string }[];
};
type Credential = {
  clientId: string;
  clientSecret: string;
  tokenUrl: string;
  bootstrap: string;
  topics: string[];
  groupPrefix: string;
};
type Listed<T> = { items: T[] };
const PRODUCTS = [
  'acute.inpatient-spell',
  'community.care-contact',
  'gp.medication-statement',
  'social-care.care-package',
];

let grants: Grant[];

beforeAll(async () => {
  grants = (await mesh.json<Listed<Grant>>('grant', 'list', '--as', 'analyst')).items;
});

/** Resolves when what was taken in stands in the topics of its product, both editions. */
async function published(): Promise<void> {
  for (const product of PRODUCTS) {
    const database = `mesh_domain_${product.split('.')[0]!.replace('-', '_')}`;
    await expect.poll(() => hasSentAll(mesh, database), { timeout: 60_000 }).toBe(true);
  }
}

/** The same, and each view has what lives of its product. */
async function atRest(): Promise<void> {
  await published();
  for (const { topics } of grants) {
    const { product, topic } = topics[0]!;
    const { alive } = await heldBy(mesh, `${product}.secondary.v1`);
    await expect
      .poll(async () => (await heldBy(mesh, topic)).alive, { timeout: 60_000 })
      .toBe(alive);
  }
  await expect.poll(() => hasSentAll(mesh, 'mesh_disclosure'), { timeout: 60_000 }).toBe(true);
}

/** How many records each product topic and view holds. */
async function holdings(): Promise<Record<string, number>> {
  const topics = [
    ...PRODUCTS.map((product) => `${product}.v1`),
    ...grants.map(({ topics: [view] }) => view!.topic),
  ];
  const counts: Record<string, number> = {};
  for (const topic of topics) counts[topic] = (await readAll(asBroker(mesh.home), topic)).length;
  return counts;
}

async function credentialOf(grant: Grant): Promise<Credential> {
  return mesh.json<Credential>('grant', 'credentials', grant.id, '--as', 'analyst');
}

describe('from a hospital’s message to an analyst’s notebook', () => {
  it('the catalogue shows the four products, each published', async () => {
    const { items } = await mesh.json<Listed<{ id: string; majors: { status: string }[] }>>(
      'product',
      'list',
      '--as',
      'analyst',
    );
    expect(items.map(({ id }) => id).sort()).toEqual(PRODUCTS);
    expect(items.map(({ majors }) => majors[0]!.status)).toEqual([
      'published',
      'published',
      'published',
      'published',
    ]);
  });

  it('each product holds records, in both editions alike', async () => {
    await published();
    for (const product of PRODUCTS) {
      const edition = (records: Stored[]) =>
        records.map(({ key, headers }) => `${key} ${headers.ce_id}`).sort();
      const first = await readAll(asBroker(mesh.home), `${product}.v1`);
      const second = await readAll(asBroker(mesh.home), `${product}.secondary.v1`);
      expect(first.length, product).toBeGreaterThan(50);
      expect(edition(second), product).toEqual(edition(first));
    }
    const statements = await readAll(asBroker(mesh.home), 'gp.medication-statement.v1');
    expect(statements.length).toBeGreaterThanOrEqual(200);
  });

  it('starting again changes nothing', async () => {
    await atRest();
    const before = await holdings();
    expect((await mesh.cli('up', '--demo', '--detach')).exit).toBe(0);
    await atRest();
    expect(await holdings()).toEqual(before);
    expect((await mesh.json<Listed<Grant>>('grant', 'list', '--as', 'analyst')).items.length).toBe(
      grants.length,
    );
  });
});

describe('the broker', () => {
  it('lets a grant read its own view and nothing else', async () => {
    const [own, other] = grants as [Grant, Grant];
    const access = await credentialOf(own);
    const client = asClient(access, access.clientId, access.clientSecret);
    const group = `${access.groupPrefix}story`;
    expect((await readAll(client, own.topics[0]!.topic, group)).length).toBeGreaterThan(0);
    await expect(readAll(client, other.topics[0]!.topic, group)).rejects.toThrow();
    await expect(readAll(client, 'gp.medication-statement.v1', group)).rejects.toThrow();
    await expect(readAll(client, 'gp.medication-statement.secondary.v1', group)).rejects.toThrow();
  });

  it('lets a domain read another’s product under a grant to its service, until that is revoked', async () => {
    const { kafka, identity } = mesh.status();
    const secret = secretAt(mesh.home, 'domain-social-care');
    const reached = { bootstrap: kafka.bootstrap, tokenUrl: identity.tokenUrl };
    const client = asClient(reached, 'domain-social-care', secret);
    const topic = 'gp.medication-statement.v1';
    const read = () =>
      readAll(client, topic, 'social-care.story').then(
        (records) => records.length,
        () => 'refused',
      );
    expect(await read()).toBe('refused');
    const asked = 'grant request --product gp.medication-statement --purpose individual-care';
    const { id } = await mesh.json<Grant>(
      ...`${asked} --consumer social-care --organisation 503 --until ${dayFromNow(200)}`.split(' '),
      ...['--legal-basis', '6(1)(e)/9(2)(h)/direct-care', '--reason', 'Medicines at home'],
      ...['--as', 'social-care-publisher'],
    );
    const decide = (decision: string, user: string) =>
      mesh.cli('grant', decision, id, '--reason', 'Needed for care', '--as', user);
    for (const user of ['gp-owner', 'caldicott-guardian'])
      expect((await decide('approve', user)).exit).toBe(0);
    await expect.poll(read, { timeout: 60_000 }).toBeGreaterThanOrEqual(200);
    expect((await decide('revoke', 'gp-owner')).exit).toBe(0);
    await expect.poll(read, { timeout: 5_000 }).toBe('refused');
  });

  it('refuses a domain the topics of another', async () => {
    const { kafka, identity } = mesh.status();
    const connection = asClient(
      { bootstrap: kafka.bootstrap, tokenUrl: identity.tokenUrl },
      'domain-gp',
      secretAt(mesh.home, 'domain-gp'),
    );
    const producer = new Producer({ clientId: 'story', ...connection, retries: 1 });
    const send = (topic: string) =>
      producer.send({
        acks: -1,
        messages: [{ topic, key: Buffer.from('k'), value: Buffer.from('v') }],
      });
    await expect(send('acute.inpatient-spell.v1')).rejects.toThrow();
    await producer.close();
  });

  it('holds no identifier of a person in any view: value, key or header', async () => {
    const identifiers = await identifiersOf(join(mesh.home, 'demo', 'sources'));
    // 200 people: a number each, and the postcodes that their files give (several share one).
    expect(identifiers.filter((one) => one.startsWith('9')).length).toBe(200);
    expect(identifiers.length).toBeGreaterThan(300);
    for (const { topics } of grants) {
      const records = await readAll(asBroker(mesh.home), topics[0]!.topic);
      const text = records
        .map(
          ({ key, value, headers }) =>
            `${key} ${value?.toString('latin1') ?? ''} ${JSON.stringify(headers)}`,
        )
        .join('\n');
      expect(identifiers.filter((identifier) => text.includes(identifier))).toEqual([]);
    }
  });

  it('and no log holds one', async () => {
    const identifiers = await identifiersOf(join(mesh.home, 'demo', 'sources'));
    const logs = readdirSync(join(mesh.home, 'logs'))
      .map((name) => readFileSync(join(mesh.home, 'logs', name), 'utf8'))
      .join('\n');
    expect(identifiers.filter((identifier) => logs.includes(identifier))).toEqual([]);
  });
});

describe('each guide runs as printed', () => {
  it('for publishers', async () => {
    const { stdout } = await runGuide('publisher.md', mesh.home);
    expect(stdout).toContain('MESH-2202');
  });

  it('for governance leads', async () => {
    const { stdout } = await runGuide('governance-lead.md', mesh.home);
    expect(stdout).toContain('gp.medication-statement');
  });

  it('for standards: all nine problems, each answered', async () => {
    const { stdout } = await runGuide('nine-problems.md', mesh.home);
    const answers = [
      /^general-practice +prescribing +.*SCCI0052/m,
      /^says +One code and one name for each medicine/m,
      /^standards-mandated +blocks +.*SCCI0052.*\n[^]*^refused, with the reason/m,
      /^waivers +standards-mandated \(SCCI0052\) until/m,
      /^2\.1 Data created or received .* owned by the care setting/m,
      /^fhir-uk-core +FHIR UK Core API standards +draft/m,
      /^It goes from draft to trial\.$/m,
      /^effort +\d+ to \d+ working days \(an estimate\)$/m,
      /^gp\.medication-statement +\d+ +\d+ +\d+ +A hospital that admits/m,
      /^# Personal Demographics Service$/m,
      /^Ask: Data Alliance Partnership Board/m,
      /^user-gp-publisher +.*joined +Tracing at registration$/m,
    ];
    expect(answers.filter((answer) => !answer.test(stdout))).toEqual([]);
    const services = stdout.match(
      /^(cis2|mesh|national-data-opt-out|nhs-login|ods|pds|terminology-server|trud) /gm,
    );
    expect(services?.length).toBe(8);
  });

  it('for analysts, whose records decode in Python, Java and Node', async () => {
    const { stdout } = await runGuide('analyst.md', mesh.home);
    // Maven resets colours it was told not to use, at the start of the next program's first line.
    const lines = stripVTControlCharacters(stdout).split('\n');
    const decoded = lines.filter((line) => line.startsWith('{') && line.includes('medicationCode'));
    // Five each in Python, Java, Node and by the command.
    expect(decoded.length).toBe(20);
  });
});

describe('a view', () => {
  const PRODUCT = 'gp.medication-statement';

  it('is the same by every way out: Java, Python, DuckDB, Polars, R, SQL', async () => {
    const [view] = await grantWidestAndNarrowest(mesh, [PRODUCT]);
    const { grant, topic } = view!;
    const { alive } = await heldBy(mesh, `${PRODUCT}.secondary.v1`);
    const living = async () => (await heldBy(mesh, topic)).alive;
    await expect.poll(living, { timeout: 60_000 }).toBe(alive);
    await optOut();
    // A live set is more than the records in it: some were ended.
    await expect.poll(living, { timeout: 60_000 }).toBeLessThan(alive);
    const ended = async () =>
      (await readAll(asBroker(mesh.home), topic)).filter((one) => !one.value);
    await expect.poll(async () => (await ended()).length).toBeGreaterThan(0);
    const records = await readAll(asBroker(mesh.home), topic);
    await mesh.json('port', 'open', grant, '--as', 'analyst');
    await expect.poll(() => standsBehind(grant, records), { timeout: 60_000 }).toBe(0);

    const folder = mkdtempSync(join(tmpdir(), 'caremesh-ways-'));
    const asked = { grant, topic, name: `${PRODUCT}.v1`, records: records.length };
    const ways = await everyWay(mesh, { ...asked, schema: await schemaOf(topic) }, folder);
    rmSync(folder, { recursive: true });
    expect(ways['sql']!.size).toBeGreaterThan(150);
    for (const [way, live] of Object.entries(ways)) expect([way, live]).toEqual([way, ways['sql']]);
  });

  /** Somebody of the demonstration opts out at their practice. */
  async function optOut(): Promise<void> {
    const file = join(mesh.home, 'demo', 'sources', 'gp', 'medications.ndjson');
    const { subject } = JSON.parse(readFileSync(file, 'utf8').split('\n')[0]!) as {
      subject: { identifier: object };
    };
    const code = { system: 'http://snomed.info/sct', code: '827241000000103' };
    const where = { home: mesh.home, tokenUrl: mesh.status().identity.tokenUrl };
    const { url } = mesh.status().domains.find(({ name }) => name === 'gp')!;
    const answer = await fetch(`${url}/v1/intake/choices`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await personToken(where, 'gp-publisher')}`,
        'content-type': 'application/fhir+ndjson',
      },
      body: JSON.stringify({
        ...{ resourceType: 'Observation', id: 'ways', status: 'final', code: { coding: [code] } },
        ...{ subject: { identifier: subject.identifier }, effectiveDateTime: '2026-01-05' },
      }),
    });
    expect(await answer.json()).toMatchObject({ accepted: 1 });
  }

  /** How many of these records the tables of a grant do not know yet. */
  async function standsBehind(grant: string, records: readonly Stored[]): Promise<number> {
    const { tables } = await mesh.json<{ tables: { offsets: Record<string, number> }[] }>(
      ...['port', 'show', grant, '--as', 'analyst'],
    );
    const { offsets } = tables[0]!;
    return records.filter(({ partition, offset }) => offset >= BigInt(offsets[partition] ?? 0))
      .length;
  }

  async function schemaOf(topic: string): Promise<object> {
    const path = `/subjects/${topic}-value/versions/latest`;
    const answer = await fetch(`${mesh.status().registry.url}${path}`);
    return JSON.parse(((await answer.json()) as { schema: string }).schema) as object;
  }
});

/** NHS numbers, postcodes, family names and local identifiers in the files that were taken in. */
async function identifiersOf(folder: string): Promise<string[]> {
  const found = new Set<string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(csv|hl7|ndjson|json)$/.test(name) || name.startsWith('labels')) continue;
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      for (const [identifier] of line.matchAll(
        /\b9\d{9}\b|\b[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}\b/g,
      ))
        found.add(identifier);
    }
  }
  return [...found];
}
