import { parseVersion } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { createLogger, openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../database/store.js';
import { tables } from '../database/tables.js';
import { ProductEntity, ProductMajorEntity } from '../products/product.entity.js';
import { filesOf } from '../spec/running-governance.js';
import { FacetCache } from './facet-cache.js';
import { FieldSearch } from './field-search.js';
import { ProductSearch } from './product-search.js';
import type { ProductQuestion } from './product-search.js';
import { Questions } from './questions.js';
import { SearchIndex } from './search-index.js';

let database: TestDatabase;
let store: Store;
let index: SearchIndex;
let products: ProductSearch;
let fields: FieldSearch;

const GP = 'gp.medication-statement';
const ACUTE = 'acute.inpatient-spell';
const COMMUNITY = 'community.care-contact';
const SOCIAL = 'social-care.care-package';
const PRESSURE = 'gp.blood-pressure';

async function contractOf(folder: string): Promise<DataContract> {
  return parseVersion(await filesOf(folder)).contract!;
}

/** Puts a product into the catalogue as publishing does, without a registry and a broker. */
async function put(contract: DataContract, status: ProductMajorEntity['status'] = 'published') {
  const { product, major, domain, name, purposes, standards, careSetting } = contract;
  await store.transaction(async (em) => {
    await em.save(ProductEntity, {
      id: product,
      domain,
      name,
      contract,
      purposes,
      standards: standards.map(({ id }) => id),
      careSettings: careSetting,
    } as never);
    await em.save(ProductMajorEntity, {
      product,
      major,
      topic: `${product}.v${major}`,
      secondaryTopic: null,
      status,
      latestHash: 'sha256:0',
    });
    await index.refresh(em, product);
  });
}

const ask = (question: Partial<ProductQuestion>) =>
  products.find({ filter: {}, after: null, limit: 10, ...question });
const idsOf = async (question: Partial<ProductQuestion>) =>
  (await ask(question)).found.map(({ product }) => product);

beforeAll(async () => {
  database = await testDatabase();
  store = new Store(await openDatabase({ url: database.url, ...tables, poolSize: 4 }));
  const questions = new Questions(store);
  index = new SearchIndex(store, createLogger('spec', 'silent'));
  products = new ProductSearch(store, questions, new FacetCache(store));
  fields = new FieldSearch(store, questions);
  const folders = [GP, ACUTE, COMMUNITY, SOCIAL].map((id) => `${id.replace('.', '/')}/v1`);
  for (const folder of folders) await put(await contractOf(folder));
  const gp = await contractOf(folders[0]!);
  await put(
    {
      ...gp,
      product: PRESSURE,
      title: 'Blood pressure',
      description: { purpose: 'Readings taken in practice.', usage: '', limitations: '' },
      standards: [],
      purposes: ['individual-care'],
      owner: { ...gp.owner, ods: 'A81001' },
      fields: gp.fields.filter(({ path }) => !path.startsWith('medication')),
    },
    'deprecated',
  );
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

describe('finding products', () => {
  it.each([
    ['as they are written', 'inpatient spell', [ACUTE]],
    ['by the beginning of a word', 'medicat', [GP]],
    ['misspelt', 'blood presure', [PRESSURE]],
    ['misspelt twice', 'bloud pressrue', [PRESSURE]],
    ['by a synonym', 'BP', [PRESSURE]],
    ['by what people say', 'drug', [GP]],
    ['by a word of the NHS Data Dictionary', 'treatment function code', [ACUTE]],
    ['by a field alone', 'dischargeDestination', [ACUTE]],
    ['by the code of a standard', 'SCCI0052', [GP]],
    ['by a stem', 'packages', [SOCIAL]],
  ])('%s', async (_, q, expected) => {
    expect((await idsOf({ q })).slice(0, expected.length)).toEqual(expected);
  });

  it('puts what is called so before what only mentions it', async () => {
    const [first] = await idsOf({ q: 'medication' });
    expect(first).toBe(GP);
  });

  it('says what it took an unknown word for', async () => {
    expect((await ask({ q: 'blood presure' })).readAs).toEqual([
      { word: 'presure', meant: ['pressure'] },
    ]);
  });

  it('gives what has some of the words where nothing has all, and says so', async () => {
    const answer = await ask({ q: 'inpatient zzzzzz' });
    expect(answer.strictness).toBe('some');
    expect(answer.found[0]?.product).toBe(ACUTE);
    expect(await ask({ q: 'zzzzzz' })).toMatchObject({ found: [], total: 0, strictness: 'all' });
  });

  it('takes nothing in a question for an operator', async () => {
    const everything = await ask({});
    for (const q of [':* ! & |', '%_\\']) expect(await ask({ q })).toEqual(everything);
    expect(await ask({ q: `inpatient' | drug & !spell <-> (` })).toEqual(
      await ask({ q: 'inpatient drug spell' }),
    );
    expect(await ask({ q: "'; SELECT 1" })).toEqual(await ask({ q: 'select 1' }));
  });
});

describe('facets', () => {
  it('count every product without a question, deprecated ones apart', async () => {
    const { total, facets } = await ask({});
    expect(total).toBe(5);
    expect(facets.domain).toEqual([
      { value: 'gp', count: 2 },
      { value: 'acute', count: 1 },
      { value: 'community', count: 1 },
      { value: 'social-care', count: 1 },
    ]);
    expect(facets.status).toEqual([
      { value: 'published', count: 4 },
      { value: 'deprecated', count: 1 },
    ]);
    expect(facets.publisher).toContainEqual({ value: 'A81001', count: 1 });
  });

  it('are the same with a question that everything meets, counted another way', async () => {
    const kept = await ask({});
    const counted = await ask({ q: 'record' });
    expect(counted.total).toBe(5);
    expect(counted.facets).toEqual(kept.facets);
  });

  it('combine, and say of each facet what another choice of it would give', async () => {
    const { found, total, facets } = await ask({ filter: { domain: 'gp', status: 'published' } });
    expect(found.map(({ product }) => product)).toEqual([GP]);
    expect(total).toBe(1);
    expect(facets.domain).toEqual([
      { value: 'acute', count: 1 },
      { value: 'community', count: 1 },
      { value: 'gp', count: 1 },
      { value: 'social-care', count: 1 },
    ]);
    expect(facets.status).toEqual([
      { value: 'deprecated', count: 1 },
      { value: 'published', count: 1 },
    ]);
    const { owner } = await contractOf('gp/medication-statement/v1');
    expect(facets.publisher).toEqual([{ value: owner.ods ?? owner.team, count: 1 }]);
  });

  it('find nothing for a value that nothing has', async () => {
    expect(await idsOf({ filter: { standard: 'DCB9999' } })).toEqual([]);
    expect(await idsOf({ q: 'medication', filter: { purpose: 'no such' } })).toEqual([]);
  });

  it('follow a product that changes', async () => {
    const before = await ask({});
    const contract = await contractOf('social-care/care-package/v1');
    await put({ ...contract, purposes: ['individual-care'] }, 'retired');
    const audit = (answer: typeof before) =>
      answer.facets.purpose.find(({ value }) => value === 'audit')?.count;
    const after = await ask({});
    expect([audit(before), audit(after)]).toEqual([4, 3]);
    expect(after.facets.status).toContainEqual({ value: 'retired', count: 1 });
    await put(contract);
    expect(await ask({})).toEqual(before);
  });
});

describe('pages', () => {
  it.each([{}, { q: 'record' }, { filter: { classification: 'direct-identifier' } }])(
    'of %j are each product once, in one order',
    async (question) => {
      const seen: string[] = [];
      let after: ProductQuestion['after'] = null;
      for (;;) {
        const { found, strictness } = await ask({ ...question, after, limit: 2 });
        if (found.length === 0) break;
        seen.push(...found.map(({ product }) => product));
        const last = found.at(-1)!;
        after = { rank: last.rank, product: last.product, strictness };
      }
      expect(seen).toEqual(await idsOf({ ...question, limit: 10 }));
      expect(seen).toHaveLength(5);
    },
  );
});

describe('finding fields', () => {
  const paths = async (question: Partial<Parameters<FieldSearch['find']>[0]>) =>
    (await fields.find({ after: null, limit: 5, ...question })).map(
      ({ product, promise }) => `${product} ${promise.path}`,
    );

  it('gives those named so before those described so', async () => {
    expect(await paths({ q: 'discharge metod' })).toEqual([`${ACUTE} dischargeMethod`]);
    expect(await paths({ q: 'hospital' })).toEqual([
      `${ACUTE} hospitalProviderSpellNumber`,
      `${ACUTE} siteOds`,
      `${ACUTE} wardCode`,
      `${ACUTE} bedCode`,
      `${ACUTE} transferredAt`,
    ]);
  });

  it('narrows by product, classification, role and code system', async () => {
    expect(await paths({ role: 'nhs-number', domain: 'acute' })).toEqual([`${ACUTE} nhsNumber`]);
    expect(await paths({ codeSystem: 'http://snomed.info/sct', product: GP, q: 'reason' })).toEqual(
      [`${GP} reasonCode`],
    );
    const direct = await paths({ classification: 'direct-identifier', product: PRESSURE });
    expect(direct).toEqual(expect.arrayContaining([`${PRESSURE} nhsNumber`]));
  });

  it('goes on where a page ended', async () => {
    const all = await fields.find({ q: 'hospital', after: null, limit: 100 });
    const seen = [];
    for (let after = null as Parameters<FieldSearch['find']>[0]['after']; ;) {
      const page = await fields.find({ q: 'hospital', after, limit: 3 });
      if (page.length === 0) break;
      seen.push(...page);
      after = page.at(-1)!;
    }
    expect(seen).toEqual(all);
    expect(new Set(all.map(({ tier }) => tier))).toEqual(new Set([0, 1]));
  });
});

describe('writers at once', () => {
  it('never wait for each other in a circle', async () => {
    const gp = await contractOf('gp/medication-statement/v1');
    const many = Array.from({ length: 8 }, (_, n) => ({
      ...gp,
      product: `gp.many-${n}`,
      careSetting:
        n % 2 === 0 ? ['maternity', 'dentistry'] : ['dentistry', 'pharmacy', 'maternity'],
    }));
    await Promise.all(many.map((contract) => put(contract)));
    const { facets } = await ask({});
    expect(facets.careSetting).toContainEqual({ value: 'dentistry', count: 8 });
    expect(facets.careSetting).toContainEqual({ value: 'pharmacy', count: 4 });
  });

  it('index again what an earlier release indexed, or what changed since', async () => {
    await store.reader.query('UPDATE product_search SET indexed_as = 0 WHERE product = $1', [GP]);
    await store.reader.query('DELETE FROM product_field WHERE product = $1', [GP]);
    expect([await index.catchUp(), await index.catchUp()]).toEqual([1, 0]);
    await store.reader.update(ProductMajorEntity, { product: GP }, { status: 'retired' });
    expect(await index.catchUp()).toBe(1);
    expect((await ask({})).facets.status).toContainEqual({ value: 'retired', count: 1 });
    expect((await fields.find({ product: GP, after: null, limit: 200 })).length).toBe(
      (await contractOf('gp/medication-statement/v1')).fields.length,
    );
  });
});
