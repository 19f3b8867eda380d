import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const kafka = ['kafkajs', '@platformatic/kafka', '@kafkajs/*'];
const sql = ['typeorm', '@nestjs/typeorm', 'pg', 'pg-*'];

/**
 * Who may import whom (docs/adr/002-layers.md). Few layers, each project tagged, an untagged project fails.
 * `testing` appears in no list: only specs may import it, which the last block of this file allows.
 */
const layers = [
  {
    sourceTag: 'layer:contract',
    onlyDependOnLibsWithTags: ['layer:contract'],
    bannedExternalImports: ['@nestjs/*', ...kafka, ...sql],
  },
  {
    sourceTag: 'layer:platform',
    onlyDependOnLibsWithTags: ['layer:platform'],
    bannedExternalImports: [...kafka, 'avsc'],
  },
  {
    sourceTag: 'layer:product',
    onlyDependOnLibsWithTags: ['layer:contract', 'layer:platform', 'layer:product'],
  },
  {
    sourceTag: 'layer:domain',
    onlyDependOnLibsWithTags: ['layer:product'],
    bannedExternalImports: ['@nestjs/microservices', 'avsc', ...kafka, ...sql],
  },
  {
    sourceTag: 'layer:governance',
    onlyDependOnLibsWithTags: ['layer:product', 'layer:contract', 'layer:platform'],
  },
  {
    sourceTag: 'layer:disclosure',
    onlyDependOnLibsWithTags: ['layer:product', 'layer:contract', 'layer:platform'],
  },
  {
    // Reads every product and keeps no value: it reaches the broker through libs/product alone.
    sourceTag: 'layer:monitor',
    onlyDependOnLibsWithTags: ['layer:product', 'layer:contract', 'layer:platform'],
    bannedExternalImports: kafka,
  },
  {
    // Reads views and keeps them as tables and files: it too reaches the broker through libs/product alone.
    sourceTag: 'layer:output-ports',
    onlyDependOnLibsWithTags: ['layer:product', 'layer:contract', 'layer:platform'],
    bannedExternalImports: kafka,
  },
  {
    sourceTag: 'layer:identity',
    onlyDependOnLibsWithTags: ['layer:platform'],
    bannedExternalImports: [...kafka, 'avsc'],
  },
  { sourceTag: 'layer:synthetic', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'layer:infra', onlyDependOnLibsWithTags: ['layer:infra', 'layer:platform'] },
  {
    sourceTag: 'layer:mesh',
    onlyDependOnLibsWithTags: [
      'layer:contract',
      'layer:platform',
      'layer:synthetic',
      'layer:infra',
    ],
  },
  { sourceTag: 'layer:bench', onlyDependOnLibsWithTags: ['*'] },
  { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: ['*'] },
];

const boundaries = (depConstraints) => [
  'error',
  {
    enforceBuildableLibDependency: false,
    banTransitiveDependencies: false,
    allow: [],
    depConstraints,
  },
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/target/**',
      '**/*.gen.ts',
      '**/tmp/**',
      'libs/testing/samples/**',
      '.nx/**',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, ...tseslint.configs.recommended],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(layers),
      // In an outbox an un-awaited promise is lost data.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/require-array-sort-compare': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'no-console': 'error',
      'max-lines': ['error', { max: 500 }],
      'max-lines-per-function': ['error', { max: 80, skipComments: true, skipBlankLines: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  {
    // The platform knows what every process needs and nothing that a clinician has heard of.
    files: ['libs/platform/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Identifier[name=/product|contract|patient/i]',
          message:
            'libs/platform would make sense in a shop: no product, contract or patient here.',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.fixture.ts', '**/rig/**/*.ts', '**/stories/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': boundaries([
        { sourceTag: '*', onlyDependOnLibsWithTags: ['*'] },
      ]),
      'max-lines-per-function': 'off',
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-exports': 'off' } },
);
