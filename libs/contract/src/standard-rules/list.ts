import type { StandardRule } from '../standards/standard.js';
import { codeSystem } from './code-system.js';
import { fieldRole } from './field-role.js';
import { fieldsPresent } from './fields-present.js';
import { optOutMatchable } from './opt-out-matchable.js';
import type { RuleKind } from './rule-kind.js';
import { versionStated } from './version-stated.js';

/** Every kind of rule a standard may have. */
export const RULE_KINDS: Record<StandardRule['kind'], RuleKind> = {
  'code-system': codeSystem,
  'field-role': fieldRole,
  'fields-present': fieldsPresent,
  'opt-out-matchable': optOutMatchable,
  'version-stated': versionStated,
};
