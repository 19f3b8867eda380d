import { CLD } from '../../sources/cld/columns.js';
import type { CarePackage } from './record.gen.js';

/**
 * What national processing takes for one event, beside council and person: start, client type, service type and component
 * (the end is left out, so that an open service and the same service ended are one). A council's reference should name one
 * event, but some name all services of a package by it.
 */
const ONE_EVENT = ['startDate', 'clientType', 'serviceType', 'serviceComponent'] as const;

export const identifies = {
  place: CLD.pathOf('eventReference'),
  isSame: (held: Partial<CarePackage>, incoming: Partial<CarePackage>): boolean =>
    ONE_EVENT.every((field) => (held[field] ?? null) === (incoming[field] ?? null)),
};
