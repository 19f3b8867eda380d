import { SetMetadata, applyDecorators, createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

import type { Caller } from '../auth/caller.js';

/** Where a handler keeps who may call it. */
export const PERMISSION = 'caremesh:permission';

/** `open`, or the roles and kinds of which a caller needs one. */
export type Permission = 'open' | string[];

/** A request that the guard has let through. */
export type SignedInRequest = FastifyRequest & { caller?: Caller };

/**
 * Who may call a handler or a whole controller: roles, kinds of caller as `kind:domain`, one subject
 * as `sub:svc-orders`, or `*` for everybody who is signed in. One match is enough; the handler's own list replaces the controller's.
 */
export function Allow(first: string, ...others: string[]): MethodDecorator & ClassDecorator {
  return SetMetadata(PERMISSION, [first, ...others] satisfies Permission);
}

/** Callable by anybody, without a token. On a handler, its body may be read without one as well. */
export function Open(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(PERMISSION, 'open' satisfies Permission),
    RouteConfig({ open: true }),
  );
}

/** The parameter that receives the caller of a handler with `@Allow`. */
export const CallerOf: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<SignedInRequest>().caller,
);

/** Whether one of the needed roles or kinds is the caller's. */
export function mayCall(needed: readonly string[], caller: Caller): boolean {
  return needed.some(
    (one) =>
      one === '*' ||
      one === `kind:${caller.kind}` ||
      one === `sub:${caller.sub}` ||
      (!one.includes(':') && caller.roles.includes(one)),
  );
}
