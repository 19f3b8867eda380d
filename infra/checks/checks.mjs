// Each check is one line of this list: its name, the command, the longest it may take, and how its result is counted.
// Checks with a `lane` run beside those of the other lane, after all others.
// `tests` reads Vitest's JSON report and counts each test (a skipped one as failed); `canary` wants a failure.
const vitest = (project, minutes, lane) => ({
  name: `tests: ${project}`,
  command: [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter',
    'default',
    '--reporter',
    'json',
    '--outputFile.json',
    `node_modules/.cache/caremesh/${project}.json`,
  ],
  counts: 'tests',
  report: `node_modules/.cache/caremesh/${project}.json`,
  minutes,
  lane,
});

export const checks = [
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'], minutes: 2 },
  {
    name: 'lint and boundaries',
    command: ['nx', 'run-many', '-t', 'lint', '--output-style', 'static'],
    minutes: 6,
  },
  {
    name: 'canary: the fences hold',
    command: ['nx', 'run', '@caremesh/canary:canary'],
    counts: 'canary',
    minutes: 2,
  },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json', '--noEmit'], minutes: 3 },
  { name: 'unused code', command: ['knip', '--no-progress'], minutes: 2 },
  {
    name: 'rooms',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'apps',
      'libs',
      'infra/local/src',
    ],
    minutes: 3,
  },
  {
    name: 'generated files',
    command: ['node', 'infra/checks/generated.mjs', '--check'],
    minutes: 3,
  },
  vitest('small', 10),
  vitest('medium', 25, 'rooms'),
  vitest('medium-governance', 15, 'rooms'),
  vitest('medium-locks', 8, 'rooms'),
  vitest('story', 40, 'stories'),
];
