import type { INestApplication } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';

import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';
import { PERMISSION } from './permission.js';

type Controller = { name: string; prototype: object };

/**
 * Throws MESH-5003 naming every route that says neither `@Allow` nor `@Open`. The guard would refuse
 * all calls of such a route; finding it at start is kinder than finding it at the first call.
 */
export function refuseUndeclaredRoutes(app: INestApplication): void {
  const undeclared = [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype }) => undeclaredRoutes(metatype as unknown as Controller));
  if (undeclared.length) throw problem(platformErrors.routeWithoutRule, undeclared.join(', '));
}

function undeclaredRoutes(controller: Controller): string[] {
  if (Reflect.hasMetadata(PERMISSION, controller)) return [];
  const methods = controller.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(controller.prototype)
    .filter((name) => Reflect.hasMetadata(PATH_METADATA, methods[name] ?? {}))
    .filter((name) => !Reflect.hasMetadata(PERMISSION, methods[name] ?? {}))
    .map((name) => `${controller.name}.${name}`);
}
