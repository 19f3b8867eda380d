import type { FieldError } from '@caremesh/platform';
import { grantErrors } from '../../errors.js';
import type { Standing } from '../../organisations/standing.js';
import { fault } from '../fault.js';

/**
 * Everything that stands against an agreement of organisations. `standings`: where each stands today, in the order it is
 * named. One that is not listed may well be: the reference data has neither practices nor sites.
 */
export function agreementFaults(
  until: string | null,
  standings: readonly Standing[],
  today: string,
): FieldError[] {
  const over = until !== null && until < today;
  const closed = standings.flatMap((standing, at) => {
    if (standing.state !== 'closed') return [];
    const message = `${standing.name} is closed since ${standing.closed}.`;
    return [fault(grantErrors.fieldClosed, `$.organisations[${at}]`, message)];
  });
  return [...(over ? [fault(grantErrors.fieldAgreementOver, '$.until')] : []), ...closed];
}
