import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Health } from '@caremesh/platform';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { GovernanceModule } from './governance.module.js';
import type { Settings } from './settings.js';

// Writes docs/openapi/governance.json from the controllers; with --check it only says whether that is stale.
const PAGE = resolve(import.meta.dirname, '..', '..', '..', 'docs', 'openapi', 'governance.json');

@Module({})
class Described {}

const textType = { type: 'string' } as const;
const problemSchemas = {
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'detail', 'fix', 'retriable', 'errors'],
    properties: {
      type: textType,
      title: textType,
      status: { type: 'integer' },
      code: { type: 'string', pattern: '^MESH-[0-9]{4}$' },
      detail: textType,
      fix: textType,
      retriable: { type: 'boolean' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['path', 'code', 'message', 'fix'],
          properties: { path: textType, code: textType, message: textType, fix: textType },
        },
      },
    },
  },
} satisfies NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

const text = `${JSON.stringify(await describe(), null, 2)}\n`;
if (!process.argv.includes('--check')) {
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, text);
} else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== text) {
  process.stderr.write(
    'docs/openapi/governance.json is stale: run apps/governance/dist/openapi.js\n',
  );
  process.exitCode = 1;
}

/** The document; nothing is connected to, because preview makes no instances. */
async function describe(): Promise<OpenAPIObject> {
  const module = {
    module: Described,
    global: true,
    imports: [GovernanceModule.with({} as Settings)],
    providers: [Health],
    exports: [Health],
  };
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    preview: true,
    abortOnError: false,
    logger: false,
  });
  const about = new DocumentBuilder()
    .setTitle('Caremesh governance')
    .setDescription(
      'Proposals, decisions, the catalogue, grants and the ledger. Errors: docs/errors.md.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, about, {
    operationIdFactory: (controller, method) =>
      `${controller.replace('Controller', '').toLowerCase()}.${method}`,
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...problemSchemas },
  };
  return document;
}
