import { avroHouseRules } from './avro-house-rules.js';
import { avroMatchesContract } from './avro-matches-contract.js';
import type { FileRule, Rule } from './check.js';
import { codesBound } from './codes-bound.js';
import { codesOmittable } from './codes-omittable.js';
import { codesVersioned } from './codes-versioned.js';
import { completenessPromised } from './completeness-promised.js';
import { domainKnown } from './domain-known.js';
import { examplesBad } from './examples-bad.js';
import { examplesGood } from './examples-good.js';
import { fieldClassified } from './field-classified.js';
import { fieldDocumented } from './field-documented.js';
import { filesKnown } from './files-known.js';
import { freeTextFlagged } from './free-text-flagged.js';
import { freshnessPromised } from './freshness-promised.js';
import { identifiersTyped } from './identifiers-typed.js';
import { itemsAsList } from './items-as-list.js';
import { legalBasisFits } from './legal-basis-fits.js';
import { legalBasisStated } from './legal-basis-stated.js';
import { namesAgree } from './names-agree.js';
import { odcsValid } from './odcs-valid.js';
import { nobodyNamed } from './nobody-named.js';
import { ownerNamed } from './owner-named.js';
import { patternsSafe } from './patterns-safe.js';
import { profileValid } from './profile-valid.js';
import { purposesStated } from './purposes-stated.js';
import { recordCore } from './record-core.js';
import { retentionPromised } from './retention-promised.js';
import { schemaValid } from './schema-valid.js';
import { sensitiveNamed } from './sensitive-named.js';
import { standardsKnown } from './standards-known.js';
import { standardsMandated } from './standards-mandated.js';
import { standardsMature } from './standards-mature.js';
import { supportNamed } from './support-named.js';
import { typesOnce } from './types-once.js';
import { versionStep } from './version-step.js';
import { viewNames } from './view-names.js';

/** Rules about files, run first and always. */
export const FILE_RULES: readonly FileRule[] = [
  filesKnown,
  odcsValid,
  profileValid,
  schemaValid,
  nobodyNamed,
];

/** Rules about what the contract promises, run when it can be read; their order is the order they are shown in. */
export const RULES: readonly Rule[] = [
  namesAgree,
  versionStep,
  recordCore,
  avroMatchesContract,
  avroHouseRules,
  typesOnce,
  fieldDocumented,
  fieldClassified,
  itemsAsList,
  viewNames,
  sensitiveNamed,
  freeTextFlagged,
  identifiersTyped,
  codesBound,
  codesVersioned,
  codesOmittable,
  patternsSafe,
  ownerNamed,
  supportNamed,
  purposesStated,
  legalBasisStated,
  legalBasisFits,
  retentionPromised,
  freshnessPromised,
  completenessPromised,
  examplesGood,
  examplesBad,
  standardsKnown,
  standardsMature,
  standardsMandated,
  domainKnown,
];
