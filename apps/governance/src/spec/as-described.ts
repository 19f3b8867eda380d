import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';

type Schema = { [key: string]: unknown };
type Page = { paths: Record<string, Record<string, { responses: Record<string, Schema> }>> };

/**
 * Holds answers against docs/openapi/governance.json: throws for one that is not as the page has it, or holds what the page does not
 * say. An answer that is no JSON there, or a refusal, is left alone.
 */
export function describedBy(file = join(process.cwd(), 'docs/openapi/governance.json')) {
  const page = closed(JSON.parse(readFileSync(file, 'utf8'))) as Page;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(page, 'page');
  const routes = Object.keys(page.paths).map((path) => {
    const pattern = path.replace(/\{[^}]+\}/g, '[^/]+');
    return { path, pattern: new RegExp(`^${pattern}$`), isFixed: !path.includes('{') };
  });
  const checks = new Map<string, ValidateFunction | null>();
  return (method: string, url: string, status: number, body: unknown): void => {
    const given = url.split('?')[0] ?? '';
    const found = routes.filter(({ pattern }) => pattern.test(given));
    const route = found.find(({ isFixed }) => isFixed) ?? found[0];
    if (!route || status >= 300 || typeof body !== 'object') return;
    const verb = method.toLowerCase();
    const place = ['paths', route.path, verb, 'responses', String(status), 'content'];
    const name = place.join(' ');
    if (!checks.has(name)) checks.set(name, checkAt(ajv, page, place));
    const check = checks.get(name);
    if (check && !check(body)) {
      const wrong = check.errors?.map(({ instancePath, message, params }) => ({
        ...{ instancePath, message },
        ...params,
      }));
      throw new Error(`${method} ${url} is not as the page has it: ${JSON.stringify(wrong)}`);
    }
  };
}

function checkAt(ajv: Ajv2020, page: Page, place: string[]): ValidateFunction | null {
  let at: unknown = page;
  for (const step of [...place, 'application/json', 'schema'])
    at = (at as Schema | undefined)?.[step];
  if (at === undefined) return null;
  const pointer = [...place, 'application/json', 'schema']
    .map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  return ajv.compile({ $ref: `page#/${pointer}` });
}

/** The same, with nothing allowed beside what is said. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, closed(one)]),
  ) as Schema;
  const isRecord = [copy['type']].flat().includes('object') && 'properties' in copy;
  return isRecord ? { additionalProperties: false, ...copy } : copy;
}
