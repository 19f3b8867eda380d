import 'reflect-metadata';

import { resolve } from 'node:path';

import type { Page } from '@caremesh/platform/openapi';

import { moduleOf } from './monitor.module.js';
import type { Watch } from './watch/watch.js';

export const page: Page = {
  name: 'monitor',
  module: moduleOf({} as Watch),
  title: 'Caremesh monitor',
  description: 'How the product topics are looked through. Errors: docs/errors.md.',
  sources: resolve(import.meta.dirname, '..', 'src'),
};
