import 'reflect-metadata';

import { resolve } from 'node:path';

import type { Page } from '@caremesh/platform/openapi';

import { compose } from './output-ports.module.js';
import type { Surroundings } from './output-ports.module.js';

export const page: Page = {
  name: 'output-ports',
  module: compose({} as Surroundings).module,
  title: 'Caremesh output ports',
  description:
    'The other ways out of a granted view: tables of PostgreSQL, snapshots, and numbers that may be told. Errors: docs/errors.md.',
  sources: resolve(import.meta.dirname, '..', 'src'),
};
