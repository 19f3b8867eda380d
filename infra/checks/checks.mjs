// Each check is one line of this list: its name, the command, the longest it may take, and how its result is counted.
// Checks of one `lane` run in turn, beside those of the other lane of their phase.
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

/** The lanes that run side by side, phase after phase: two, for two cores. What needs a stack waits more than it works. */
export const phases = [['lint', 'reading'], ['small'], ['rooms', 'stories']];

export const checks = [
  {
    name: 'format',
    command: ['prettier', '--check', '--log-level', 'warn', '.'],
    minutes: 4,
    lane: 'reading',
  },
  {
    name: 'lint and boundaries',
    command: ['nx', 'run-many', '-t', 'lint', '--output-style', 'static'],
    minutes: 6,
    lane: 'lint',
  },
  {
    name: 'canary: the fences hold',
    command: ['nx', 'run', '@caremesh/canary:canary'],
    counts: 'canary',
    minutes: 4,
    lane: 'lint',
  },
  {
    name: 'types',
    command: ['tsc', '-p', 'tsconfig.json', '--noEmit'],
    minutes: 6,
    lane: 'reading',
  },
  { name: 'unused code', command: ['knip', '--no-progress'], minutes: 4, lane: 'reading' },
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
    minutes: 6,
    lane: 'reading',
  },
  {
    name: 'generated files',
    command: ['node', 'infra/checks/generated.mjs', '--check'],
    minutes: 6,
    lane: 'reading',
  },
  vitest('small', 10, 'small'),
  vitest('medium', 25, 'rooms'),
  vitest('medium-governance', 15, 'rooms'),
  vitest('medium-locks', 8, 'rooms'),
  vitest('story', 40, 'stories'),
];
