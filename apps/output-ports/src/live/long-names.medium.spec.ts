import { openDatabase } from '@caremesh/platform';
import type { InspectedBatch } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import { expect, it } from 'vitest';

import type { Contract, Grant } from '../governance/governance.js';
import { migrations } from '../output-ports.module.js';
import { columnsOf } from './columns.js';
import { LiveSet, qualified } from './live-set.js';
import { Ports } from './ports.js';

const LONG = 'numberOfContactsWithTheCommunityNursingTeamBeforeTheAdmission';
const FIELDS = [`${LONG}Planned`, `${LONG}Urgent`];
const contract = {
  ...{
    read: { version: '1.0.0', fields: [], standards: [] },
    text: '',
    contentHash: 'sha256:0',
  },
} as unknown as Contract;

it('fields and products whose names PostgreSQL would cut, or are alike in SQL, keep their values', async () => {
  const place = await testDatabase({ makesRoles: true });
  const { pool, close } = await openDatabase({ url: place.url, entities: [], migrations });
  const ports = new Ports(pool);
  try {
    const views = ['social-care.package', 'social.care-package'].map((product, at) => ({
      ...{ topic: `share.g1.${product}.v1`, product, major: 1, schemaId: at + 1 },
    }));
    const grant: Grant = {
      ...{ id: 'g1', isActive: true, isSuspended: false, organisation: 'QUY', views },
      ...{ purpose: 'research', requestedBy: 'user-analyst' },
      endsAt: new Date(Date.now() + 86_400_000),
    };
    await ports.open(grant, 'user-analyst', () => Promise.resolve());
    const columns = columnsOf({ fields: FIELDS.map((name) => ({ name, type: 'string' })) });
    for (const view of views) await ports.hold('g1', view, columns, contract);
    // Again, as after a restart: nothing is made anew.
    for (const view of views) await ports.hold('g1', view, columns, contract);
    const live = new LiveSet(pool);
    const held = await ports.views('g1');
    for (const { topic, filling, product } of held) {
      const value = Object.fromEntries(FIELDS.map((name) => [name, `${product} ${name}`]));
      const batch = {
        ...{ topic, refused: [], bytes: 0, next: new Map([[0, 1n]]) },
        records: [
          {
            ...{ change: 'created', key: { text: 'p.r' }, value },
            origin: { topic, partition: 0, offset: 0n, timestamp: 1n },
          },
        ],
      };
      await live.take(topic, filling, batch as unknown as InspectedBatch);
    }
    for (const { schemaName, tableName, product } of held) {
      const { rows } = await pool.query({
        ...{ text: `SELECT * FROM ${qualified(schemaName, tableName)}`, rowMode: 'array' },
      });
      expect(rows).toEqual([['p.r', ...FIELDS.map((name) => `${product} ${name}`)]]);
    }
  } finally {
    for (const { grantId } of await ports.all()) await ports.close(grantId);
    await close();
    await place.drop();
  }
});
