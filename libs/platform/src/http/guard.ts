import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

import type { FastifyRequest } from 'fastify';

import type { Caller } from '../auth/caller.js';
import { platformErrors } from '../errors.js';
import { Problem, problem } from '../faults/problem.js';
import { PERMISSION, mayCall } from './permission.js';
import type { Permission, SignedInRequest } from './permission.js';
import { refuseUnfitText } from './unfit-text.js';

/** Whatever turns a token into a caller, or throws. */
export type Verifier = { verify(token: string): Promise<Caller> };

/** Finds out who sends a request, once for each. */
export class SignIn {
  readonly #verifier: Verifier;
  readonly #refused: (code: string) => void;
  readonly #known = new WeakMap<object, Promise<Caller>>();

  /** `refused` is told the code of each token that was not good; that none was sent is no attempt. */
  constructor(verifier: Verifier, refused: (code: string) => void = () => undefined) {
    this.#verifier = verifier;
    this.#refused = refused;
  }

  /** The caller of a request; throws a 401 without a good bearer token. */
  callerOf(request: FastifyRequest): Promise<Caller> {
    const known = this.#known.get(request.raw);
    if (known) return known;
    const found = this.#verify(request);
    this.#known.set(request.raw, found);
    return found;
  }

  async #verify({ headers: { authorization } }: FastifyRequest): Promise<Caller> {
    try {
      return await this.#verifier.verify(bearerOf(authorization));
    } catch (error) {
      if (authorization && error instanceof Problem && error.status === 401) {
        this.#refused(error.code);
      }
      throw error;
    }
  }
}

/**
 * Stands before every handler: without `@Open` a good bearer token is needed, and one of the roles or
 * kinds that the handler allows. A handler that says nothing is closed to everybody. What comes in is then looked
 * through for text that nobody could store.
 */
export class BearerGuard implements CanActivate {
  readonly #reflector: Reflector;
  readonly #signIn: SignIn;

  constructor(reflector: Reflector, signIn: SignIn) {
    this.#reflector = reflector;
    this.#signIn = signIn;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const permission = this.#permission(context);
    const request = context.switchToHttp().getRequest<SignedInRequest>();
    if (permission !== 'open') {
      const caller = await this.#signIn.callerOf(request);
      if (!permission || !mayCall(permission, caller)) throw notAllowed(permission);
      request.caller = caller;
    }
    refuseUnfitText(request);
    return true;
  }

  #permission(context: ExecutionContext): Permission | undefined {
    return this.#reflector.getAllAndOverride<Permission | undefined>(PERMISSION, [
      context.getHandler(),
      context.getClass(),
    ]);
  }
}

function bearerOf(header: string | undefined): string {
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(header ?? '') ?? [];
  if (token) return token;
  throw problem(header ? platformErrors.badToken : platformErrors.noToken);
}

function notAllowed(permission: string[] | undefined) {
  const needed = permission?.join(', ');
  return problem(
    platformErrors.notAllowed,
    needed ? `One of these is needed: ${needed}` : undefined,
  );
}
