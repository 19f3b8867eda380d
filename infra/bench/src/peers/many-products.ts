import type { DataContract, FieldPromise } from '@caremesh/contract';
import pg from 'pg';

const FIELDS = 20;
const TOPIC = 12;
const EVERYWHERE = ['record', 'patient', 'care', 'date', 'code', 'service', 'provider', 'status'];
const BATCH = 250;
const PURPOSES = [
  'individual-care',
  'service-planning',
  'commissioning',
  'research',
  'audit',
] as const;
const SETTINGS = [
  'general-practice',
  'secondary-care',
  'community',
  'mental-health',
  'maternity',
  'pharmacy',
];
const CLASSES = ['direct-identifier', 'quasi-identifier', 'special-category', 'none'] as const;

/**
 * Words that health and care records are described with. Every product is about some of them, its topic; the rest of
 * its texts are words that every product has, and numbered terms, 3,000 of them.
 */
export const WORDS =
  `admission allergy ambulance appointment assessment attendance birth blood cancer carer care clinic code
  community condition consent consultant contact date death delay dental diagnosis diabetes discharge disease dose drug
  emergency encounter episode ethnicity family follow frailty gender glucose health heart height home hospital imaging
  immunisation infection inpatient insulin intervention kidney laboratory length lung maternity medication mental method
  mobility mortality nurse nutrition observation operation organisation outcome outpatient package pain pathology patient
  period pharmacy planning postcode practice pregnancy prescription pressure procedure provider quantity reading reason
  record referral rehabilitation renal respiratory result review risk safeguarding screening service severity site social
  specialty spell staff status stay stroke support surgery symptom team test theatre therapy transfer treatment triage
  urgent vaccination value visit waiting ward weight wound`
    .split(/\s+/)
    .filter(Boolean);

/** Numbers from 0 to 1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/**
 * Puts products into governance's database as if they had been published, from number `from` to `to`. They are retired
 * long since, so that no topic is made for them; search, lists and views show them like others.
 */
export async function putProducts(databaseUrl: string, from: number, to: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (let at = from; at < to; at += BATCH) {
      const contracts = Array.from({ length: Math.min(BATCH, to - at) }, (_, n) =>
        contractOf(at + n),
      );
      await client.query(
        `INSERT INTO product (id, domain, name, contract, purposes, standards, care_settings)
         SELECT c->>'product', c->>'domain', c->>'name', c, '{}', '{}', '{}'
           FROM jsonb_array_elements($1::jsonb) AS c`,
        [JSON.stringify(contracts)],
      );
      await client.query(
        `INSERT INTO product_major (product, major, topic, status, latest_hash, closed_at, emptied_at)
         SELECT c->>'product', 1, (c->>'product') || '.v1', 'retired', 'sha256:bench', now(), now()
           FROM jsonb_array_elements($1::jsonb) AS c`,
        [JSON.stringify(contracts)],
      );
      // What waits to be indexed.
      await client.query(
        `INSERT INTO product_search (product, indexed_as, facets, heading, document, summary)
         SELECT c->>'product', -1, '{}', '', '', '{}' FROM jsonb_array_elements($1::jsonb) AS c`,
        [JSON.stringify(contracts)],
      );
    }
  } finally {
    await client.end();
  }
}

/** Waits until governance has indexed them all. */
export async function indexed(
  databaseUrl: string,
  count: number,
  patienceMs: number,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const { rows } = await client.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM product_search WHERE product LIKE 'bench-%' AND indexed_as > 0`,
      );
      if (rows[0]!.count >= count) break;
      if (Date.now() > deadline) throw new Error(`${rows[0]!.count} of ${count} products indexed`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}

function contractOf(number: number): DataContract {
  const random = seeded(number + 1);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const topic = Array.from({ length: TOPIC }, () => pick(WORDS));
  const topical = () => pick(random() < 0.8 ? topic : EVERYWHERE);
  const word = () => (random() < 0.6 ? topical() : `term${Math.floor(random() * 3_000)}`);
  const words = (count: number) => Array.from({ length: count }, word).join(' ');
  const some = <T>(from: readonly T[]) => from.filter(() => random() < 0.5);
  const domain = `bench-${number % 20}`;
  const name = `${pick(topic)}-${pick(topic)}-${number}`;
  const product = `${domain}.${name}`;
  const field = (at: number): FieldPromise => ({
    path: `${topical()}${capital(topical())}${at}`,
    name: '',
    title: `${topical()} ${topical()}`,
    description: words(8),
    logicalType: 'string',
    presence: 'optional',
    required: false,
    classification: pick(CLASSES),
    freeText: false,
    treatment: 'keep',
    codes: { system: `https://example.org/codes/${topical()}`, version: '1' },
  });
  return {
    id: `urn:caremesh:${product}:v1`,
    product,
    domain,
    name,
    title: `${pick(topic)} ${pick(topic)}`,
    version: '1.0.0',
    major: 1,
    status: 'active',
    description: { purpose: words(15), usage: words(10), limitations: words(10) },
    owner: { team: domain, description: null, ods: `B${number % 200}` },
    support: [{ channel: 'bench', url: 'mailto:bench@caremesh.example', scope: 'issues' }],
    purposes: some(PURPOSES),
    legalBasis: [],
    careSetting: some(SETTINGS),
    retention: { period: 'P30D', records: 'P10Y' },
    freshness: { within: 'PT15M' },
    completeness: [],
    standards: Array.from({ length: 3 }, () => {
      const standard = Math.floor(random() * 150);
      return {
        id: `DCB${1000 + standard}`,
        title: `${WORDS[standard % WORDS.length]} standard`,
        version: null,
      };
    }),
    fields: Array.from({ length: FIELDS }, (_, at) => field(at)),
    houseRules: '1',
  };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
