import 'reflect-metadata';

import { resolve } from 'node:path';

import type { Page } from '@caremesh/platform/openapi';

import { compose } from './disclosure.module.js';
import type { Surroundings } from './disclosure.module.js';

export const page: Page = {
  name: 'disclosure',
  module: compose({ registry: {}, serviceKey: new Uint8Array(32) } as Surroundings).module,
  title: 'Caremesh disclosure',
  description:
    'How the views of grants stand, what was refused on the way to them, and the keys of their pseudonyms. Errors: docs/errors.md.',
  sources: resolve(import.meta.dirname, '..', 'src'),
};
