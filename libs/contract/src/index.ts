/** The door of the contract library: what a product promises, and which change breaks the promise. Pure, no I/O. */
export * as names from './envelope/names.js';
export * as keys from './envelope/keys.js';
export * as headers from './envelope/headers.js';
export { contentHash } from './envelope/hash.js';
export { CHANGE_TYPES } from './envelope/headers.js';
export { CLASSIFICATIONS, PRODUCT_CARE_SETTINGS, PURPOSES } from './promise/data-contract.js';
export { parseVersion } from './promise/parse-version.js';
export { repeatsName } from './avro/repeated-names.js';
export { avroType, SchemaRefused } from './avro/type.js';
export {
  canSign,
  CLIENT_FORMATS,
  fileSettings,
  isFileFormat,
  readySettings,
  sqlSettings,
} from './client-settings/settings.js';
export { checkValues, compileChecks, CORE_FIELDS } from './records/compile.js';
export { holdsNhsNumber, isOdsShaped } from './records/nhs-number.js';
export { momentBefore } from './checks/durations.js';
export { noticesSchema } from './view/notices.js';
export { renamingsSchema } from './view/renamings.js';
export { withdrawalsSchema } from './view/withdrawals.js';
export {
  deriveViewSchema,
  grantableFields,
  IN_EVERY_VIEW,
  treatedFields,
} from './view/view-schema.js';
export { careOrganisationFields } from './view/care-organisations.js';
export type { CareOrganisationFields } from './view/care-organisations.js';
export { inViews } from './view/in-views.js';
export { ageBand, districtOf, monthOf, treatedAs } from './view/treated.js';
export { choiceApplies } from './choices/decide.js';
export { choicesPage } from './choices/page.js';
export { COMMON_LAW, DATA_KINDS, EXEMPTIONS } from './choices/question.js';
export { CHOICES } from './choices/table.js';
export { checkVersion } from './checks/check-version.js';
export { POLICIES } from './checks/policies.js';
export { isWaivable } from './checks/waivers.js';
export { CARE_SETTINGS, STANDARD_STATES, STANDARD_TYPES, USE_CASES } from './standards/standard.js';
export { namesOf, standardKey } from './standards/standard.js';
export { STANDARD_MOVES } from './standards/lifecycle.js';
export { readStandard } from './standards/read-standard.js';
export { demandOf, isDeclared, reaches } from './standards/applies.js';
export { diffVersions } from './evolution/diff.js';
export { decisionsNeeded } from './evolution/decisions.js';
export { compareVersions } from './evolution/step.js';
export { odpsOf } from './exports/odps.js';
export { asyncApiOf } from './exports/async-api.js';
export { dcatOf } from './exports/dcat.js';
export { lineageOf } from './exports/lineage.js';
export { meshAsyncApi } from './exports/mesh-topics.js';
export { CONTRACT_ERRORS } from './errors.js';

export type { ClientCredential } from './client-settings/credential.js';
export type { ClientFormat, ReadySettings } from './client-settings/settings.js';
export type { SqlCredential } from './client-settings/sql.js';
export type { VersionFiles } from './envelope/hash.js';
export type { PersonIdentity } from './envelope/keys.js';
export type { TopicName, ProductId } from './envelope/names.js';
export type { ChangeType } from './envelope/headers.js';
export type { Finding, ContractError } from './errors.js';
export type { Check, CheckContext, WaiverInForce } from './checks/check.js';
export type { ChoiceDecision } from './choices/decide.js';
export type { CommonLaw, DataKind, Exemption, Use } from './choices/question.js';
export type { Choice } from './choices/table.js';
export type { Policy } from './checks/policies.js';
export type { StandardRead } from './standards/read-standard.js';
export type { Demand } from './standards/applies.js';
export type {
  CareSetting,
  Standard,
  StandardRule,
  StandardState,
  StandardType,
  UseCase,
} from './standards/standard.js';
export type { Change, ChangeKind } from './evolution/change.js';
export type { Treated, ViewForm } from './view/treated.js';
export type { LineageEdge, LineageSource } from './exports/lineage.js';
export type { MeshPlaces, PublishedVersion } from './exports/published-version.js';
export type { ParsedVersion } from './promise/parse-version.js';
export type {
  Classification,
  CodeBinding,
  DataContract,
  FieldPromise,
  LegalBasis,
  Purpose,
  Role,
  Treatment,
} from './promise/data-contract.js';
