import { resolve } from 'node:path';
import { writeOpenApi } from '@caremesh/platform/openapi';
import { GovernanceModule } from './governance.module.js';
import type { Settings } from './settings.js';

const name = 'docs/openapi/governance.json';

await writeOpenApi(
  {
    module: GovernanceModule.with({} as Settings),
    title: 'Caremesh governance',
    description:
      'Proposals, decisions, the catalogue, grants and the ledger. Errors: docs/errors.md.',
    ...{ name, page: resolve(import.meta.dirname, '..', '..', '..', name) },
  },
  process.argv,
);
