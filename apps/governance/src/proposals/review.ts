import { checkVersion, decisionsNeeded, diffVersions, parseVersion } from '@caremesh/contract';
import type { Change, Check, CheckContext, DataContract, VersionFiles } from '@caremesh/contract';
import type { FieldError } from '@caremesh/platform';
import { governanceErrors } from '../errors.js';

/** What a version is compared with, and what else its checks need to know of the mesh. */
export type ReviewContext = {
  latest: VersionFiles | null;
  existingVersions: string[];
  domainAccepted: boolean;
  /** Standards that matter and waivers in force. */
  policies: Pick<CheckContext, 'standards' | 'waivers'>;
};

/** Everything the mesh finds about a version before a person reads it. */
export type Review = { checks: Check[]; changes: Change[]; decisionsNeeded: string[] };

/** Reads a version's contract and schema. `errors` are set if they cannot be read at all. */
export function readVersion(files: VersionFiles): {
  contract: DataContract | null;
  schema: object | null;
  errors: FieldError[];
} {
  const { contract, schema, findings } = parseVersion(files);
  const errors = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ path, code, message, fix }) => ({ path, code, message, fix }));
  return { contract, schema, errors };
}

/** Runs the checks and the comparison, and says who has to decide. Pure. */
export function reviewVersion(
  files: VersionFiles,
  contract: DataContract,
  context: ReviewContext,
): Review {
  const { latest, existingVersions, domainAccepted, policies } = context;
  const changes = diffVersions(latest, files);
  return {
    checks: checkVersion(files, {
      ...(latest ? { latest } : {}),
      existingVersions,
      domainAccepted,
      ...policies,
    }),
    changes,
    decisionsNeeded: decisionsNeeded(contract, changes),
  };
}

/** The failed checks that block, as field errors of the refusal. */
export function blockersOf(checks: readonly Check[]): FieldError[] {
  return checks
    .filter(({ severity, outcome }) => severity === 'blocks' && outcome === 'failed')
    .map((check) => ({
      path: check.path ?? '$',
      code: check.code ?? governanceErrors.contractRefused.code,
      message: check.reason ?? check.name,
      fix: check.fix ?? governanceErrors.contractRefused.fix,
    }));
}

/** Same differences, in the same words? What a decision was taken on must be what it is carried out on. */
export function sameChanges(one: readonly Change[], other: readonly Change[]): boolean {
  const told = (changes: readonly Change[]) =>
    JSON.stringify(changes.map(({ path, class: kind, sentence }) => [path, kind, sentence]));
  return told(one) === told(other);
}
