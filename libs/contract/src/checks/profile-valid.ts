import type { FileRule } from './check.js';
import { isProfileFinding } from './odcs-valid.js';

/** The contract's custom properties follow the Caremesh profile. */
export const profileValid: FileRule = {
  name: 'profile-valid',
  severity: 'blocks',
  run: ({ contract }) => contract.findings.filter(isProfileFinding),
};
