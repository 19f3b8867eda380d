import type { Check, WaiverInForce } from './check.js';

/**
 * The checks for which a time-limited waiver may be approved: promises that take time to meet. A waiver never opens
 * what protects a person or keeps readers working: identifiers, classes, free text, legal basis, schema and version
 * rules are not in this list, and neither is what could not be read.
 */
const WAIVABLE: readonly string[] = [
  'codes-bound',
  'codes-versioned',
  'completeness-promised',
  'freshness-promised',
  'standards-known',
  'standards-mandated',
];

/** May this check be waived? The rules of a standard (`ISB0149/nhs-number-typed`) may, and those of the list. */
export function isWaivable(check: string): boolean {
  return WAIVABLE.includes(check) || /^[A-Za-z0-9][A-Za-z0-9-]*\/[a-z0-9-]+$/.test(check);
}

/** A failed blocking check that a waiver in force names warns instead, and names the waiver. */
export function withWaivers(checks: Check[], waivers: readonly WaiverInForce[]): Check[] {
  return checks.map((check) => {
    if (check.outcome === 'passed' || check.severity !== 'blocks' || !isWaivable(check.name))
      return check;
    const waiver = waivers.find((one) => covers(one, check));
    if (waiver === undefined) return check;
    return { ...check, severity: 'warns', waiver: { id: waiver.id, until: waiver.until } };
  });
}

function covers({ check, about }: WaiverInForce, failed: Check): boolean {
  if (check !== failed.name) return false;
  if (about === null) return true;
  const text = `${failed.path ?? ''} ${failed.reason ?? ''}`;
  // A whole word of the reason: a waiver about DCB300 says nothing of DCB3009.
  return text.split(/[^A-Za-z0-9-]+/).includes(about);
}
