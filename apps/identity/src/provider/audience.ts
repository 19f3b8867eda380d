import { AUDIENCES } from '../clients/client.js';
import type { Audience } from '../clients/client.js';

const RESOURCE = /^urn:caremesh:(.+)$/;

/** The part of a token request that can name an audience. */
export type AudienceRequest = { resource?: unknown; audience?: unknown; scope?: unknown };

/**
 * The audience that a token request asks for: `resource=urn:caremesh:<audience>` (RFC 8707), else
 * `audience=<audience>`, else a scope of that name. Undefined if it names none; null if what it names
 * is not an audience of the mesh, or several are named.
 */
export function audienceAsked(request: AudienceRequest): Audience | null | undefined {
  if (isGiven(request.resource)) return known(withoutPrefix(request.resource));
  if (isGiven(request.audience)) return known(withoutPrefix(request.audience));
  const scopes = isGiven(request.scope) ? String(request.scope).split(/\s+/) : [];
  const named = scopes.filter((scope) => known(scope));
  return named.length > 1 ? null : (known(named[0]) ?? undefined);
}

/** The resource indicator that stands for an audience. */
export function resourceOf(audience: Audience): string {
  return `urn:caremesh:${audience}`;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function withoutPrefix(value: unknown): string {
  return typeof value === 'string' ? (RESOURCE.exec(value)?.[1] ?? value) : '';
}

function known(name: string | undefined): Audience | null {
  return AUDIENCES.find((audience) => audience === name) ?? null;
}
