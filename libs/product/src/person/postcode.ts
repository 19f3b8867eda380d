/** Outward and inward half, and what blanks stand between: files of fixed width fill the first up to four (`M1   1AA`). */
const POSTCODE = /^([A-Z]{1,2}[0-9][A-Z0-9]?|GIR)\s*([0-9][A-Z]{2})$/;

/** A UK postcode as it is written on an envelope (`M1 1AA`); null if the text is none. */
export function postcodeIn(text: string): string | null {
  const halves = POSTCODE.exec(text.trim().toUpperCase());
  return halves && `${halves[1]} ${halves[2]}`;
}
