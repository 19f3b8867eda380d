import { Module } from '@nestjs/common';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
  DocumentBuilder,
  SwaggerModule,
} from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

import { Health, HealthController } from '../http/health.js';
import { PERMISSION } from '../http/permission.js';
import { DOCUMENTATION } from './documented.js';
import type { Documentation } from './documented.js';

/** What is described: a service, by its module and the folder of its sources. `name` is the page's file, under docs/openapi. */
export type Page = {
  name: string;
  module: DynamicModule;
  title: string;
  description: string;
  /** `src` of the project, where its controllers are. */
  sources: string;
};

/** A method of a controller. */
export type Handler = { controller: string; method: string };

@Module({ controllers: [HealthController], providers: [Health], exports: [Health] })
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

const problem = {
  content: {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  },
};

/**
 * The document of a page, its answers still without their shapes, and the handler of each operation by its id. Nothing is connected to,
 * because preview makes no instances.
 */
export async function documentOf({ module: of, title, description }: Page) {
  const module = { module: Described, global: true, imports: [of] };
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    preview: true,
    abortOnError: false,
    logger: false,
  });
  documentRoutes(app);
  const about = new DocumentBuilder()
    .setTitle(title)
    .setDescription(description)
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const handlers = new Map<string, Handler>();
  const document = SwaggerModule.createDocument(app, about, {
    operationIdFactory: (controller, method) => {
      const id = `${controller.replace('Controller', '').toLowerCase()}.${method}`;
      handlers.set(id, { controller, method });
      return id;
    },
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...problemSchemas },
  };
  return { document: withoutAuthorization(document), handlers };
}

/** What was said of a handler that several services have is said. */
const said = new WeakSet<object>();

/** Has every handler carry what the document is made of. Throws naming a route of which nothing is said. */
function documentRoutes(app: INestApplication): void {
  const controllers = [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .map(({ metatype }) => metatype as Type<unknown>);
  for (const controller of controllers) {
    const prototype = controller.prototype as Record<string, object>;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const method = prototype[name]!;
      if (!Reflect.hasMetadata(PATH_METADATA, method)) continue;
      const about = Reflect.getMetadata(DOCUMENTATION, method) as Documentation | undefined;
      if (!about) throw new Error(`${controller.name}.${name} says no @Documented`);
      if (said.has(method)) continue;
      said.add(method);
      const isOpen = [method, controller].some(
        (one) => Reflect.getMetadata(PERMISSION, one) === 'open',
      );
      const property = Object.getOwnPropertyDescriptor(prototype, name)!;
      for (const say of saying(about, isOpen)) say(prototype, name, property);
    }
  }
}

/** What a route's documentation is in OpenAPI. */
function saying(about: Documentation, isOpen: boolean): MethodDecorator[] {
  const { summary, body, takes, query, headers = {}, status = 200, also = {} } = about;
  const produces = [about.produces ?? 'application/json'].flat();
  const content = () => Object.fromEntries(produces.map((type) => [type, {}]));
  return [
    ApiOperation({ summary }),
    ...Object.entries({ [status]: 'Done', ...also }).map(([code, description]) =>
      ApiResponse({ status: Number(code), description, content: content() }),
    ),
    ApiResponse({ status: '4XX', description: 'Refused: see docs/errors.md', ...problem }),
    ...(body ? [ApiBody({ schema: schemaOf(body) })] : []),
    ...(takes ? streamOf(takes) : []),
    ...(query ? queryOf(query) : []),
    ...Object.entries(headers).map(([name, description]) => ApiHeader({ name, description })),
    ...(isOpen ? [ApiSecurity({})] : []),
  ];
}

function streamOf({ types, description }: NonNullable<Documentation['takes']>): MethodDecorator[] {
  return [ApiConsumes(...types), ApiBody({ description, required: true, schema: {} })];
}

function queryOf(query: z.ZodObject): MethodDecorator[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) =>
    ApiQuery({ name, required: required.includes(name), schema: schema as never }),
  );
}

function schemaOf(schema: z.ZodType): never {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest as never;
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
