import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Health } from '../http/health.js';

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

/** What is described, and where the page lies; `name` is the page's in a sentence. */
type Page = {
  module: DynamicModule;
  title: string;
  description: string;
  page: string;
  name: string;
};

/** Writes the page of a service from its controllers; with `--check` it only says whether that is stale, by the exit code too. */
export async function writeOpenApi(what: Page, words: readonly string[]): Promise<void> {
  const { page, name } = what;
  const text = `${JSON.stringify(await describe(what), null, 2)}\n`;
  if (!words.includes('--check')) {
    mkdirSync(dirname(page), { recursive: true });
    writeFileSync(page, text);
  } else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    process.stderr.write(`${name} is stale: run node infra/checks/generated.mjs\n`);
    process.exitCode = 1;
  }
}

/** The document; nothing is connected to, because preview makes no instances. */
async function describe({ module: of, title, description }: Page): Promise<OpenAPIObject> {
  const module = {
    module: Described,
    global: true,
    imports: [of],
    providers: [Health],
    exports: [Health],
  };
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    preview: true,
    abortOnError: false,
    logger: false,
  });
  const about = new DocumentBuilder()
    .setTitle(title)
    .setDescription(description)
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
  return withoutAuthorization(document);
}

/** The security scheme says it of every route; as a parameter OpenAPI has it ignored. */
function withoutAuthorization(document: OpenAPIObject): OpenAPIObject {
  for (const path of Object.values(document.paths)) {
    for (const operation of [path.get, path.put, path.post, path.delete]) {
      if (!operation?.parameters) continue;
      operation.parameters = operation.parameters.filter(
        (one) => !('name' in one && one.in === 'header' && one.name === 'authorization'),
      );
    }
  }
  return document;
}
