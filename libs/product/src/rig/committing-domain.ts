import { openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';

import { readContractFolder } from '../approval/contract-folder.js';
import { runProduct } from '../approval/live-product.js';
import type { AnyProduct } from '../define/domain.js';
import { Committer } from '../intake/committer.js';
import { Preparer } from '../intake/prepare.js';
import { domainMigrations } from '../migrations/all.js';
import { Routes } from '../outbox/outbox.js';
import { Seal } from '../sealing/seal.js';
import { gp } from './feed.js';
import { CONTRACT, SCHEMA_ID, SCHEMAS, SECONDARY, TOPIC } from './small-mesh.js';

/** How every item of these specs came. */
export const ARRIVAL = {
  ...{ source: 'feed', contentType: 'application/x-ndjson', receipt: 'r' },
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
};

export const folder = readContractFolder(SCHEMAS, CONTRACT);

export type CommittingDomain = Awaited<ReturnType<typeof committingDomain>>;

/**
 * What decides and stores, on a real database of its own, and nothing around it: items are handed over as a source would.
 * @param product in the place of the feed's own
 * @param hasSecondary false: the product has one edition alone
 * @param patienceMs how long what cannot be stored is tried
 * @param schemaOf of earlier versions that records may be held in
 */
export async function committingDomain(
  key: Buffer,
  {
    product = gp.products[0]!,
    hasSecondary = true,
    patienceMs = 10_000,
    schemaOf = async () => null,
  }: {
    product?: AnyProduct;
    hasSecondary?: boolean;
    patienceMs?: number;
    schemaOf?: (schemaId: number) => Promise<string | null>;
  } = {},
) {
  const place = await testDatabase();
  const database = await openDatabase({
    ...{ url: place.url, entities: [], migrations: domainMigrations },
  });
  const version = {
    ...{ topic: TOPIC, schemaId: SCHEMA_ID, schema: folder.schema },
    secondary: hasSecondary ? { topic: SECONDARY, schemaId: SCHEMA_ID } : null,
  };
  const running = await runProduct(product, folder, version, {
    routes: new Routes(database.pool),
    registryUrl: 'http://registry',
    schemaOf,
  });
  const seal = new Seal(key);
  /** Of a process: each has one. */
  const committerOf = (databaseUrl = place.url) =>
    new Committer({
      ...{ databaseUrl, domainKey: key, seal, patienceMs },
      products: () => [running.live],
      log: { warn: () => undefined },
    });
  const committer = committerOf();
  return {
    ...{ url: place.url, database, running, seal, committerOf, committer },
    preparer: new Preparer(key, [running]),
    async close(): Promise<void> {
      await committer.close();
      await database.close();
      await place.drop();
    },
  };
}
