import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A route as the source declares it; a parameter has been given some value. */
export type Route = { method: string; path: string };

const DECORATOR = /@(Controller|Get|Post|Put|Delete|Patch|All)\(\s*(?:'([^']*)')?\s*\)/g;

/**
 * Every route declared by the controllers under a source folder: read from the source, so that a route
 * that is new tomorrow is tried tomorrow.
 */
export function declaredRoutes(folder: string): Route[] {
  return sources(folder).flatMap((file) => routesOf(readFileSync(file, 'utf8')));
}

/** Source files under a folder that make something open to anybody, or say how that is done. */
export function openSources(folder: string): string[] {
  return sources(folder).filter((file) =>
    /^\s*@Open\(\)|\bopen: true\b/m.test(readFileSync(file, 'utf8')),
  );
}

// A handler belongs to the controller above it.
function routesOf(source: string): Route[] {
  let prefix: string | undefined;
  return [...source.matchAll(DECORATOR)].flatMap(([, name = '', path = '']) => {
    if (name === 'Controller') prefix = path;
    if (name === 'Controller' || prefix === undefined) return [];
    return [
      { method: name === 'All' ? 'POST' : name.toUpperCase(), path: pathOf(`${prefix}/${path}`) },
    ];
  });
}

function pathOf(pattern: string): string {
  const parts = pattern.split('/').filter((part) => part !== '');
  return `/${parts.map((part) => part.replace(/^:.*/, 'abcd1234')).join('/')}`;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(folder, name))
    .sort();
}
