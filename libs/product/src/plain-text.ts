/* eslint-disable-next-line no-control-regex -- what no text of a record may hold is looked for */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/**
 * Whether a text holds control characters other than tabs and line ends: HL7 v2 and FHIR R4 forbid them in a value, and a screen may take
 * them for orders.
 */
export const hasControl = (text: string): boolean => CONTROL.test(text);
