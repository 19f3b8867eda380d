import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkVersion, diffVersions, type VersionFiles } from '@caremesh/contract';
import pg from 'pg';
import { line, type Result } from '../measure/report.js';
import { median } from '../measure/rounds.js';
import { ROOT } from '../mesh/bench-mesh.js';
import type { Rig } from '../mesh/rig.js';

const PRODUCT = 'gp.medication-statement';
const FOLDER = join(ROOT, 'schemas', 'gp', 'medication-statement', 'v1');
const FIELDS = 500;
const GRANTS = 5_000;
const NARROWED = /\s+- code: not-taken\n\s+meaning: Not consumed/;

/** What a proposal costs: checks and changes of a wide version, and finding whom among many a change touches. */
export async function contract(rig: Rig): Promise<Result[]> {
  const before = filesOf(FOLDER);
  const review = checksAndDiff(before, rig.rounds);
  const without = await proposalChecks(rig, before);
  await withGrants(rig);
  const all = await proposalChecks(rig, before);
  const impact = all - without;
  return [
    line(
      `Checks and changes of a version with ${FIELDS} fields`,
      `${review.toFixed(0)} ms`,
      '150 ms',
      review <= 150,
    ),
    line(
      `Whom a change touches, over ${GRANTS} grants (the API's answer with them less without)`,
      `${impact.toFixed(0)} ms (${all.toFixed(0)} less ${without.toFixed(0)})`,
      '100 ms',
      impact <= 100,
    ),
  ];
}

/** Milliseconds for reading, checking and comparing a version that was never read before. */
function checksAndDiff(files: VersionFiles, rounds: number): number {
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    // Versions are remembered once read: each round is of other text.
    const latest = widened(files, '1.0.0', `latest ${round}`);
    const next = widened(files, '1.1.0', `next ${round}`);
    const began = performance.now();
    checkVersion(next, { latest, existingVersions: ['1.0.0'], domainAccepted: true });
    diffVersions(latest, next);
    if (round >= 0) times.push(performance.now() - began);
  }
  return median(times);
}

/** The same version with as many plain fields more as make 500; `words` stands in what each of them says. */
function widened(files: VersionFiles, version: string, words: string): VersionFiles {
  const schema = JSON.parse(files['schema.avsc']!) as { fields: unknown[] };
  const more = Array.from({ length: FIELDS - schema.fields.length }, (_, n) => `extra${n}`);
  const doc = (name: string) => `What the source says about ${name}, ${words}.`;
  schema.fields.push(
    ...more.map((name) => ({ name, doc: doc(name), type: ['null', 'string'], default: null })),
  );
  const properties = more.map(
    (name) =>
      `      - name: ${name}\n        businessName: ${name}\n        description: ${doc(name)}\n` +
      '        logicalType: string\n        physicalType: string\n        required: false\n' +
      '        classification: none\n        logicalTypeOptions:\n          maxLength: 64\n' +
      '        customProperties:\n          - property: treatment\n            value: keep\n',
  );
  const contractText = files['contract.odcs.yaml']!.replace(
    "version: '1.0.0'",
    `version: '${version}'`,
  ).replace(/^(?=team:)/m, properties.join(''));
  return { ...files, 'contract.odcs.yaml': contractText, 'schema.avsc': JSON.stringify(schema) };
}

/** Milliseconds of `POST /v1/proposals/checks` for a version that narrows a code list; the middle of five. */
async function proposalChecks(rig: Rig, files: VersionFiles): Promise<number> {
  const token = await rig.mesh.token('gp-publisher');
  const times: number[] = [];
  for (let round = -1; round < 5; round++) {
    const contractText = files['contract.odcs.yaml']!.replace(NARROWED, `\n# ${round}`);
    const began = performance.now();
    const answer = await fetch(`${rig.mesh.status.governance.url}/v1/proposals/checks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ files: { ...files, 'contract.odcs.yaml': contractText } }),
    });
    const text = await answer.text();
    if (!text.includes('is narrowed')) throw new Error(`No change was told: ${text.slice(0, 300)}`);
    if (round >= 0) times.push(performance.now() - began);
  }
  return median(times);
}

/** Grants as if they had been asked for and approved; each with all fields, which is the most there is to look at. */
async function withGrants(rig: Rig): Promise<void> {
  const url = new URL(rig.mesh.databaseUrl);
  url.pathname = '/mesh_governance';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO access_grant (id, state, kind, purpose, legal_basis, organisation, reason, requested_by, from_text,
         until_text, starts_at, ends_at, steps, created_at)
       SELECT 'bench' || lpad(n::text, 6, 'a'), 'suspended', 'view', 'audit', '{}', 'QUY', 'bench', 'user-analyst',
         '2026-01-01', '2030-01-01', now(), '2030-01-01', '[]', now() FROM generate_series(1, $1) n`,
      [GRANTS],
    );
    await client.query(
      `INSERT INTO grant_product (grant_id, product, major, fields, topic)
       SELECT id, $1, 1, (SELECT array_agg(f->>'name') FROM product p, jsonb_array_elements(p.contract->'fields') f
         WHERE p.id = $1), 'share.' || id || '.' || $1 || '.v1' FROM access_grant WHERE reason = 'bench'`,
      [PRODUCT],
    );
    await client.query('ANALYZE access_grant, grant_product');
  } finally {
    await client.end();
  }
}

function filesOf(folder: string): VersionFiles {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}
