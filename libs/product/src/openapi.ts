import { resolve } from 'node:path';

import type { Page } from '@caremesh/platform/openapi';

import type { Ledger } from './quarantine/ledger.js';
import type { DomainService } from './start/domain-service.js';
import { moduleOf } from './start/start-domain.js';

/** One page for every domain: all serve the same, and what differs, their sources, is a part of the path. */
export const page: Page = {
  name: 'domain',
  module: moduleOf({} as DomainService, {} as Ledger),
  title: 'Caremesh domain',
  description:
    'What every domain serves to its publishers: intake, receipts, quarantine, status. Errors: docs/errors.md.',
  sources: resolve(import.meta.dirname, '..', 'src'),
};
