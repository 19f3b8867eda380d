import { ukDay } from '../life/day.js';
import type { Life } from '../life/life.js';
import type { Person } from '../life/person.js';
import type { CarePackage } from '../life/support.js';
import { table } from './csv.js';

/** Client Level Data, release 2: the columns of its specification, in its order. */
export const CLD = table([
  'LA Code',
  'Reporting Period Start Date',
  'Reporting Period End Date',
  'NHS Number',
  'LA Person Unique Identifier',
  'GP Practice Name',
  'GP Practice Code',
  'Gender',
  'Ethnicity',
  'Date of Birth',
  'Client Type',
  'Primary Support Reason',
  'Postcode',
  'Accommodation Status',
  'Employment Status',
  'Has Unpaid Carer',
  'Autism Spectrum Disorder (ASD)',
  'Visual Impairment',
  'Hearing Impairment',
  'Dementia',
  'Client Funding Status',
  'Event Type',
  'Event Reference',
  'Event Start Date',
  'Event End Date',
  'Event Description',
  'Event Outcome',
  'Request: Route of Access',
  'Assessment Type',
  'Service Type',
  'Service Component',
  'Delivery Mechanism',
  'Provider CQC Location Name',
  'Provider CQC Location ID',
  'Review Reason',
  'Unit Cost',
  'Cost Frequency (Unit Type)',
  'Planned units per week',
]);
export type CldRow = Parameters<typeof CLD.line>[0];

const ETHNICITIES: Record<string, string> = {
  A: 'White: English, Welsh, Scottish, Northern Irish or British',
  B: 'White: Irish',
  H: 'Asian or Asian British: Indian',
  J: 'Asian or Asian British: Pakistani',
  M: 'Black, Black British, Caribbean or African: Caribbean',
  N: 'Black, Black British, Caribbean or African: African',
};

const personColumns = (person: Person): CldRow => ({
  'LA Code': person.place.council.ods,
  'Reporting Period Start Date': '01/11/2025',
  'Reporting Period End Date': '31/10/2026',
  // One in twenty has not been matched by the council.
  'NHS Number': person.index % 20 === 19 ? '' : person.nhsNumber,
  'LA Person Unique Identifier': person.councilNumber,
  'GP Practice Code': person.practice,
  Gender: person.gender === 'male' ? 'Male' : 'Female',
  Ethnicity: ETHNICITIES[person.ethnicCategory] ?? 'No data: Undeclared or not known',
  'Date of Birth': ukDay(person.born),
  Postcode: person.address.postcode,
  'Client Type': 'Service user',
  'Primary Support Reason': 'Physical Support: Personal care support',
  'Accommodation Status': 'Owner occupier or shared ownership scheme',
  'Has Unpaid Carer': person.index % 3 === 0 ? 'Yes' : 'No',
});

/** A care package as a row of Client Level Data. */
export const packageRow = (person: Person, service: CarePackage): CldRow => ({
  ...personColumns(person),
  'Client Funding Status': 'Joint client and social care funded',
  'Event Type': 'Service',
  'Event Reference': service.reference,
  'Event Start Date': ukDay(service.started),
  'Event End Date': service.ended === null ? '' : ukDay(service.ended),
  'Event Description': service.note,
  'Event Outcome': service.outcome,
  'Service Type': service.serviceType,
  'Service Component': service.component,
  'Delivery Mechanism': service.mechanism,
  'Provider CQC Location Name': service.provider.name,
  'Provider CQC Location ID': service.provider.id,
  'Unit Cost': service.unitCost.toFixed(2),
  'Cost Frequency (Unit Type)': 'Weekly',
  'Planned units per week': service.unitsPerWeek,
});

/** The request that came before a service: a kind of event that the product leaves unused. */
const requestRow = (person: Person, service: CarePackage): CldRow => ({
  ...personColumns(person),
  'Event Type': 'Request',
  'Event Reference': service.reference.replace('SV', 'RQ'),
  'Event Start Date': ukDay(service.started - 14),
  'Event End Date': ukDay(service.started - 7),
  'Event Outcome': 'Progress to assessment, review or reassessment',
  'Request: Route of Access': 'Community / other route',
});

/** The rows of a life in the return: each line, and whether it is of a kind that is used. */
export const cldLines = ({ person, packages }: Life): { text: string; used: boolean }[] =>
  packages.flatMap((service) => [
    { text: CLD.line(requestRow(person, service)), used: false },
    { text: CLD.line(packageRow(person, service)), used: true },
  ]);
