import { FAULTS } from '../errors.js';
import type { FaultCode, FaultName } from '../errors.js';

/** The code of a cause that is asked for: `MESH-2202` or `nhsNumberCheckDigit`. Null if no fault is called that. */
export function causeCode(cause: string): FaultCode | null {
  if (Object.hasOwn(FAULTS, cause)) return FAULTS[cause as FaultName].code;
  return Object.values(FAULTS).find(({ code }) => code === cause)?.code ?? null;
}
