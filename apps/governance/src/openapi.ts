import { resolve } from 'node:path';
import type { Page } from '@caremesh/platform/openapi';
import { GovernanceModule } from './governance.module.js';
import type { Settings } from './settings.js';

export const page: Page = {
  name: 'governance',
  module: GovernanceModule.with({} as Settings),
  title: 'Caremesh governance',
  description:
    'Proposals, decisions, the catalogue, grants and the ledger. Errors: docs/errors.md.',
  sources: resolve(import.meta.dirname, '..', 'src'),
};
