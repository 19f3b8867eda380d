import type { Change } from './change.js';

export type SemanticVersion = { major: number; minor: number; patch: number };

/** Reads `1.2.0`; null for anything else (no leading zeros, no pre-release, no build). */
export function parseSemver(text: string): SemanticVersion | null {
  const match = /^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/.exec(text);
  if (match === null) return null;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/**
 * The one version that may follow `before`: a breaking change asks for a major, a visible one for a minor, else a
 * patch. Other words for a field are for a person to read, but no program meets anything new: a patch.
 */
export function nextVersion(before: SemanticVersion, changes: readonly Change[]): string {
  if (changes.some((change) => change.class === 'breaking')) return `${before.major + 1}.0.0`;
  if (changes.some((change) => change.class === 'visible' && change.kind !== 'wording'))
    return `${before.major}.${before.minor + 1}.0`;
  return `${before.major}.${before.minor}.${before.patch + 1}`;
}

/** Negative, zero or positive as `a` comes before, with or after `b`. */
export function compareSemver(a: SemanticVersion, b: SemanticVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** Orders two versions as `parseSemver` reads them, `1.2.9` before `1.2.10`. What is none counts as 0.0.0. */
export function compareVersions(a: string, b: string): number {
  const read = (text: string): SemanticVersion =>
    parseSemver(text) ?? { major: 0, minor: 0, patch: 0 };
  return compareSemver(read(a), read(b));
}
