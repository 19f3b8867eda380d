import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';

/**
 * What a schema may hold. A real product has tens of fields; these limits are far above any and far below what
 * would make a parser, the registry or a code generator slow.
 */
export const SCHEMA_LIMITS = {
  bytes: 512 * 1024,
  /** Levels of JSON: one level of records takes three. */
  depth: 24,
  nodes: 60_000,
  recordLevels: 5,
  fields: 2_000,
  symbols: 500,
  nameLength: 100,
} as const;

/** Names that mean something to JavaScript objects; code generated from a schema must never meet one. */
const UNSAFE = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
]);

/** Whether a name would reach into an object’s prototype, such as `__proto__`. */
export function isUnsafeName(name: string): boolean {
  return UNSAFE.has(name);
}

/**
 * Looks through any parsed JSON and stops at the first limit passed, so that nothing after it meets a structure that
 * is too deep, too large, or has a key such as `__proto__`. Null when all is well.
 */
export function limitBroken(
  file: string,
  root: unknown,
  limits: { depth: number; nodes: number } = SCHEMA_LIMITS,
): Finding | null {
  let nodes = 0;
  // Calls itself for each level, and so never deeper than the limit it enforces.
  const look = (value: object, depth: number): Finding | null => {
    if (depth > limits.depth) {
      return tooComplex(file, `it is nested more than ${limits.depth} levels deep`);
    }
    for (const key of Object.keys(value)) {
      if (++nodes > limits.nodes) return tooComplex(file, `it has more than ${limits.nodes} parts`);
      if (isUnsafeName(key)) return unsafe(file, key);
      const child = (value as Record<string, unknown>)[key];
      const broken = typeof child === 'object' && child !== null ? look(child, depth + 1) : null;
      if (broken !== null) return broken;
    }
    return null;
  };
  return typeof root === 'object' && root !== null ? look(root, 0) : null;
}

function tooComplex(file: string, why: string): Finding {
  return finding(CONTRACT_ERRORS.tooComplex, file, `The file was not read to its end: ${why}.`);
}

function unsafe(file: string, key: string): Finding {
  return finding(CONTRACT_ERRORS.nameUnsafe, file, `The name \`${key}\` is not allowed.`);
}
