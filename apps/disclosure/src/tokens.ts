/** Injection token of what says who may see a grant. */
export const GRANT_READING = Symbol('grant reading');
/** Injection token of the connection pool. */
export const POOL = Symbol('pool');
