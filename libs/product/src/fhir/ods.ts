import { lasting } from './ended.js';
import type { Lasting } from './ended.js';

const ODS = /^https?:\/\/fhir\.nhs\.uk\/Id\/ods-organization-code\/?$/i;

/** True for the system of ODS codes, with either protocol. */
export const isOdsSystem = (system: string | undefined): boolean => ODS.test(system ?? '');

type Identifier = Lasting & { system?: string | undefined; value?: string | undefined };

/** The ODS code among the identifiers of an organisation: of several the one that has not ended at a time (ms). */
export function odsIn(
  identifiers: readonly Identifier[] | undefined,
  time: number | null,
): string | undefined {
  const codes = identifiers?.filter(({ system }) => isOdsSystem(system)) ?? [];
  return lasting(codes, (one) => one, time)[0]?.value;
}
