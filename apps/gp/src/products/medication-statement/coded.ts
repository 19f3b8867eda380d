import { fault, type Fault } from '@caremesh/product';
import type { Coding, Concept } from '../../sources/fhir/resources.js';

/** The address of the dictionary of medicines and devices, as published and as senders write it. */
const DMD = /^https?:\/\/(?:www\.)?dmd\.nhs\.uk\/?$/i;
/** SNOMED CT, whether or not its edition is named. */
const SNOMED = /^https?:\/\/snomed\.info\/sct(?:$|\/)/;
/** SNOMED CT identifiers, dm+d codes among them: 6 to 18 digits, never beginning with 0. */
const SCTID = /^[1-9]\d{5,17}$/;

/** The coding of a dm+d or SNOMED CT concept, dm+d first: it is the one made for medicines. */
export const clinicalCoding = (concept: Concept | undefined): Coding | undefined =>
  withSystem(concept, DMD) ?? withSystem(concept, SNOMED);

const withSystem = (concept: Concept | undefined, named: RegExp): Coding | undefined =>
  concept?.coding?.find(({ system, code }) => code !== undefined && named.test(system ?? ''));

/** The SNOMED CT or dm+d code of a concept; null if it has none. */
export function clinicalCode(
  concept: Concept | undefined,
  path: string,
  faults: Fault[],
): string | null {
  const code = clinicalCoding(concept)?.code;
  if (code === undefined) return null;
  if (!SCTID.test(code)) faults.push(fault('snomedMalformed', path));
  return code;
}

/** The words of a concept: as typed, else the name that came with its first code. */
export const wordsOf = (concept: Concept | undefined): string | null =>
  stated(concept?.text) ??
  stated(concept?.coding?.find(({ display }) => stated(display) !== null)?.display);

/** A text that says something. FHIR R4 has no empty strings, but senders write them where there is nothing to say. */
export const stated = (text: string | undefined): string | null => (text?.trim() ? text : null);
