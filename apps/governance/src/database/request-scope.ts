import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager } from 'typeorm';

/** What a request that writes carries with it, unseen by what works on it. */
export type RequestScope = {
  /** Runs at the start of the request's first transaction, in it; what it throws takes that back. */
  before: ((em: EntityManager) => Promise<void>) | null;
  /** Whether a transaction of the request was committed: then it changed something, whatever is answered. */
  committed: boolean;
  /** Set while something is read within the request's transaction: all reading goes through it. */
  within: EntityManager | null;
};

const SCOPE = new AsyncLocalStorage<RequestScope>();

/** The scope of the request being worked on; undefined in work that nobody asked for. */
export function currentScope(): RequestScope | undefined {
  return SCOPE.getStore();
}

/** Runs a request's work in a scope of its own. */
export function inScope<T>(scope: RequestScope, work: () => T): T {
  return SCOPE.run(scope, work);
}

/** Runs `work` so that all it reads, it reads within the transaction: it sees what that holds locked, and what it wrote. */
export function readingWithin<T>(em: EntityManager, work: () => T): T {
  return SCOPE.run({ before: null, committed: false, within: em }, work);
}
