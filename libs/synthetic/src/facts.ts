import { readFileSync } from 'node:fs';

type Organisation = { ods: string; name: string };
/** Where people live, and who cares for them there. */
export type Place = {
  board: Organisation;
  acute: Organisation;
  community: Organisation;
  council: Organisation;
  practices: string[];
  towns: string[];
  postcodeAreas: string[];
};
/** A product of the dictionary of medicines and devices, and how it is taken. */
export type MedicinalProduct = {
  code: string;
  display: string;
  unit: string;
  dose: string;
  repeat: boolean;
};
type Names = Record<'family' | 'female' | 'male' | 'streets', string[]>;

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../data/${name}.json`, import.meta.url), 'utf8'));

export const PLACES = read('places') as Place[];
export const NAMES = read('names') as Names;
export const MEDICATIONS = read('medications') as MedicinalProduct[];
