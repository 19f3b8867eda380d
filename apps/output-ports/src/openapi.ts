import 'reflect-metadata';

import { resolve } from 'node:path';

import { writeOpenApi } from '@caremesh/platform/openapi';

import { compose } from './output-ports.module.js';
import type { Surroundings } from './output-ports.module.js';

const name = 'docs/openapi/output-ports.json';

await writeOpenApi(
  {
    module: compose({} as Surroundings).module,
    title: 'Caremesh output ports',
    description:
      'The other ways out of a granted view: tables of PostgreSQL, snapshots, and numbers that may be told. Errors: docs/errors.md.',
    ...{ name, page: resolve(import.meta.dirname, '..', '..', '..', name) },
  },
  process.argv,
);
