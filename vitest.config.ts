import { readFileSync } from 'node:fs';

import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// Three sizes of test, told apart by file name: `*.spec.ts` beside the code needs nothing;
// `*.medium.spec.ts` needs a real PostgreSQL, broker or registry; `*.story.spec.ts` starts the whole mesh.
const resolve = { conditions: ['caremesh-source', 'module', 'node', 'default'] };
const ssr = { resolve: { conditions: resolve.conditions } };
// A global setup runs in an environment of Vitest's own, which takes neither of the two.
// SWC, because Nest reads constructor types from decorator metadata, which the default transform does not emit.
// `.swcrc` leaves specs out of a build; here they are what is run.
const { exclude: _, ...build } = JSON.parse(
  readFileSync(new URL('.swcrc', import.meta.url), 'utf8'),
);
const plugins = () => [swc.vite({ ...build, swcrc: false })];
const where = (ending: string) =>
  ['apps', 'libs', 'infra'].map((group) => `${group}/*/src/**/*.${ending}.ts`);
const elsewhere = ['**/node_modules/**', '**/dist/**'];

const governance = ['apps/governance/src/**/*.medium.spec.ts'];
const locks = ['libs/testing/src/locks.medium.spec.ts'];

/** Specs against one real PostgreSQL, identity, broker and registry, started for the run; see libs/testing. */
const medium = (name: string, include: string[], exclude: string[] = []) => ({
  plugins: plugins(),
  resolve,
  ssr,
  environments: { __vitest__: ssr },
  test: {
    name,
    globalSetup: ['libs/testing/src/global-setup.ts'],
    include,
    exclude: [...exclude, ...elsewhere],
    // How long a spec may hang, not how long it should take: a machine with other work on it is no fault of ours.
    testTimeout: 240_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    // As above: to load a service anew for each of 82 files took 380 of 930 seconds.
    isolate: false,
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        plugins: plugins(),
        resolve,
        ssr,
        test: {
          name: 'small',
          globalSetup: ['libs/testing/src/temporary-files.ts'],
          include: where('spec'),
          exclude: [...where('medium.spec'), ...where('story.spec'), ...elsewhere],
          testTimeout: 20_000,
          // Files share the modules of their worker: they are pure, and loading those anew for each took 95 of 134 CPU seconds.
          isolate: false,
        },
      },
      // Specs that watch a whole broker (what a stranger sees, what governance puts back) have a stack of
      // their own: on the shared one they would see, and undo, what other specs do.
      medium('medium', where('medium.spec'), [...governance, ...locks]),
      medium('medium-governance', governance),
      medium('medium-locks', locks),
      {
        plugins: plugins(),
        resolve,
        ssr,
        test: {
          name: 'story',
          include: where('story.spec'),
          exclude: elsewhere,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          isolate: false,
        },
      },
    ],
  },
});
