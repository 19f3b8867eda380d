import { CONTRACT_ERRORS, type Finding } from '../errors.js';
import type { FileRule } from './check.js';

const PROFILE_CODES: ReadonlySet<string> = new Set([
  CONTRACT_ERRORS.profileMissing.code,
  CONTRACT_ERRORS.profileInvalid.code,
  CONTRACT_ERRORS.profileUnknown.code,
]);

/** Whether a finding is about our own profile of ODCS, which has a check of its own. */
export const isProfileFinding = ({ code }: Finding): boolean => PROFILE_CODES.has(code);

/** The contract is readable YAML and valid by the official ODCS 3.1.0 schema. */
export const odcsValid: FileRule = {
  name: 'odcs-valid',
  severity: 'blocks',
  run: ({ contract }) => contract.findings.filter((finding) => !isProfileFinding(finding)),
};
