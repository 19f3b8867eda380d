import { withWrongCheckDigit } from '../life/nhs-number.js';

/** A way in which one record is wrong: what it is called, the code that refuses it, how to make one. */
export type RecordFault<Make> = { kind: string; code: string; make: Make };

/** The four ways an NHS number is wrong, made from a right one. */
export const WRONG_NUMBERS: { kind: string; code: string; number(right: string): string }[] = [
  { kind: 'nhs-number-too-short', code: 'MESH-2201', number: (right) => right.slice(0, 9) },
  { kind: 'nhs-number-check-digit', code: 'MESH-2202', number: withWrongCheckDigit },
  { kind: 'nhs-number-repeated-digit', code: 'MESH-2203', number: () => '9999999999' },
  // An example the NHS itself prints; its first digit is of the range in use.
  { kind: 'nhs-number-outside-test-range', code: 'MESH-2204', number: () => '5000000005' },
];

/** Text in Windows-1252 where UTF-8 is due: the first byte above 127 is no UTF-8. */
export const inWindows1252 = (text: string): Buffer => Buffer.from(text, 'latin1');
