import type { Check } from './check.js';
import { FILE_RULES, RULES } from './list.js';
import { isWaivable } from './waivers.js';

/** A house rule as it is shown: the name of its check, and what a failure does. */
export type Policy = { name: string; severity: Check['severity']; waivable: boolean };

/** Every house rule, in the order in which checks run. The rules of standards are in the standards themselves. */
export const POLICIES: readonly Policy[] = [...FILE_RULES, ...RULES].map(({ name, severity }) => ({
  name,
  severity,
  waivable: isWaivable(name),
}));
