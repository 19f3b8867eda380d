/**
 * What a thread needs that only moves records: no HTTP, no Nest. A heap is marked again and again while much flows through it, and with all of
 * `index.ts` 22 MB of the 40 of such a thread were programs that it never runs.
 */
export { ownTokens } from './auth/own-tokens.js';
export { TokenSource } from './auth/token-source.js';
export { brokerSecurity } from './config/environment.js';
export { readSecret } from './config/secret.js';
export { BY_KEY } from './db/by-key.js';
export { giveBackWhenIdle } from './work/give-back.js';
export { KeptThread, STOPPED } from './work/kept-thread.js';
