/** Rules inside a project, where the Nx tags cannot see: no cycles, and no import past a room's door. */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'apps-import-no-app',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libraries-by-their-door',
      comment:
        'Another project is imported by its name, never by a path into it. libs/platform has a second door, for threads (ADR 032), and a third for services whose routes are on a page.',
      severity: 'error',
      from: { path: '^(apps|libs|infra)/([^/]+)/' },
      to: {
        path: '^(libs|infra)/[^/]+/src/(?!index\\.ts$)',
        pathNot: [
          '^$1/$2/',
          '^libs/platform/src/thread\\.ts$',
          '^libs/platform/src/openapi/index\\.ts$',
        ],
      },
    },
    {
      name: 'contract-is-pure',
      severity: 'error',
      from: { path: '^libs/contract/src/', pathNot: '\\.(spec|fixture)\\.ts$' },
      to: { path: '^(node:)?(fs|fs/promises|net|http|https|child_process|dgram|tls)$' },
    },
    {
      name: 'kafka-and-sql-in-their-rooms',
      comment: 'In a domain nothing but libs/product touches the broker or the database.',
      severity: 'error',
      from: {
        path: '^apps/(?!governance|disclosure|monitor|output-ports|mesh|identity)[^/]+/src/',
      },
      to: {
        path: 'node_modules/(kafkajs|@platformatic/kafka|avsc|typeorm|pg|@nestjs/microservices)/',
      },
    },
    {
      name: 'testing-only-from-specs',
      severity: 'error',
      from: { pathNot: '(\\.spec\\.ts$|\\.fixture\\.ts$|/rig/|^libs/testing/)' },
      to: { path: '^libs/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(dist|target)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['caremesh-source', 'import', 'node', 'default'],
    },
  },
};
