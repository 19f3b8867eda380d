import { isOdsShaped, nhsNumber, postcodeIn, RowReader } from '@caremesh/product';
import type { Fault, Mode, PersonRef } from '@caremesh/product';
import { CLD } from './columns.js';
import type { CldColumn, CldValues } from './columns.js';
import { asRelease2 } from './release-2.js';

type Row = RowReader<CldColumn>;

/** A service event in plain typed values: days since 1970, numbers, words in the spelling of release 2. */
export type ServiceEvent = ReturnType<typeof valuesOf> & {
  /** The event's own identifier within the council. */
  eventKey: string;
  person: PersonRef;
  /** RFC 3339 end of the reporting period of the return: a later return is newer. */
  at: string | null;
};

/** A council with adult social services, in Client Level Data and in ODS alike; any other code is of another kind of body. */
const COUNCIL = /^\d{3}$/;
/** decimal(9,2) of the specification. */
const MONEY = { min: 0, max: 9_999_999.99, places: 2 };

/** A row that is a service event, by its columns as text; or every fault of it. */
export function readServiceEvent(
  values: CldValues,
  mode: Mode,
): { event: ServiceEvent; faults?: undefined } | { event?: undefined; faults: Fault[] } {
  const row = new RowReader(CLD, values);
  const service = valuesOf(row);
  const person = personOf(row, values, service.laCode, mode);
  const { startDate, endDate, periodStart, periodEnd } = service;
  if (isBefore(endDate, startDate)) row.wrong('endDate', 'endBeforeStart');
  // What was said later is told by the period's end: one that cannot be right would stand against every other return.
  if (isBefore(periodEnd, periodStart)) row.wrong('periodEnd', 'endBeforeStart');
  if (row.faults.length > 0) return { faults: row.faults };
  const eventKey = eventKeyOf(service, person);
  const at = periodEnd === null ? null : new Date(periodEnd * 86_400_000).toISOString();
  return { event: { ...service, eventKey, person, at } };
}

const isBefore = (end: number | null, start: number | null): boolean =>
  end !== null && start !== null && end < start;

function valuesOf(row: Row) {
  return {
    laCode: councilOf(row),
    eventReference: row.identifier('eventReference'),
    clientType: asRelease2(row.mandatory('clientType')),
    serviceType: asRelease2(row.mandatory('serviceType')),
    serviceComponent: row.text('serviceComponent'),
    deliveryMechanism: asRelease2(row.text('deliveryMechanism')),
    providerId: row.text('providerId'),
    providerName: row.text('providerName'),
    startDate: row.mandatory('startDate') === '' ? null : row.day('startDate'),
    endDate: row.day('endDate'),
    description: row.prose('description'),
    outcome: asRelease2(row.text('outcome')),
    plannedUnits: row.decimal('plannedUnits', { min: 0, max: 99_999, places: 4 }),
    unitCost: row.decimal('unitCost', MONEY),
    costUnit: asRelease2(row.text('costUnit')),
    fundingStatus: asRelease2(row.text('fundingStatus')),
    fullCostClient: row.text('fullCostClient'),
    ...circumstancesOf(row),
    periodStart: row.day('periodStart'),
    periodEnd: row.day('periodEnd'),
  };
}

function circumstancesOf(row: Row) {
  return {
    primarySupportReason: asRelease2(row.text('primarySupportReason')),
    accommodationStatus: asRelease2(row.text('accommodationStatus')),
    employmentStatus: asRelease2(row.text('employmentStatus')),
    hasUnpaidCarer: asRelease2(row.text('hasUnpaidCarer')),
    autism: row.text('autism'),
    visualImpairment: row.text('visualImpairment'),
    hearingImpairment: row.text('hearingImpairment'),
    dementia: row.text('dementia'),
    birthDate: row.day('birthDate'),
    postcode: postcodeOf(row),
    gender: row.text('gender'),
    ethnicity: asRelease2(row.text('ethnicity')),
    gpPracticeOds: odsOf(row, 'gpPractice'),
  };
}

/**
 * The council's reference of the event; without one, what national processing takes for one event: council,
 * person, start, client type, service type and component (the end is left out, so that an open service and
 * the same service ended are one).
 */
function eventKeyOf(service: ReturnType<typeof valuesOf>, { nhsNumber, local }: PersonRef): string {
  if (service.eventReference) return `${service.laCode}|${service.eventReference}`;
  const { laCode, startDate, clientType, serviceType, serviceComponent } = service;
  // The council's own identifier first: it stays when the NHS number becomes known.
  const person = local?.id ?? nhsNumber;
  return [laCode, person, startDate, clientType, serviceType, serviceComponent].join('|');
}

/**
 * Whose event it is, in the precedence of national processing: the traced NHS number, else the one the council
 * gave, else the council's own identifier of the person.
 */
function personOf(row: Row, values: CldValues, laCode: string, mode: Mode): PersonRef {
  const column = values.tracedNhsNumber ? 'tracedNhsNumber' : 'nhsNumber';
  const number = values[column]
    ? nhsNumber.parseNhsNumber(values[column], mode, row.path(column))
    : null;
  if (number?.fault) row.add(number.fault);
  const id = row.identifier('personId');
  // One who is stated, and wrongly, has that fault: that nobody is stated would be untrue.
  if (!number && values.personId === '') row.wrong('personId', 'personMissing');
  const stated = column === 'tracedNhsNumber' ? '01' : '02';
  return {
    nhsNumber: number?.value ?? null,
    nhsNumberStatus: number ? stated : '03',
    local: id && laCode ? { issuer: laCode, id } : null,
  };
}

/** The council of a row, if it is one; for a row that is refused for something else. */
export const councilIn = ({ laCode }: Pick<CldValues, 'laCode'>): string | null =>
  COUNCIL.test(laCode) ? laCode : null;

/** '' and a fault if it is not there, or no council's. */
function councilOf(row: Row): string {
  const code = row.mandatory('laCode');
  if (code === '' || COUNCIL.test(code)) return code;
  return row.wrong('laCode', 'odsMalformed', 'of a council, three digits') ?? '';
}

function odsOf(row: Row, key: CldColumn): string | null {
  const code = row.text(key);
  return code === null || isOdsShaped(code) ? code : row.wrong(key, 'odsMalformed');
}

function postcodeOf(row: Row): string | null {
  const postcode = row.text('postcode');
  return postcode && (postcodeIn(postcode) ?? row.wrong('postcode', 'postcodeMalformed'));
}
