/**
 * Codes that say something the law protects beyond everything else of a record, or that so few people have that they name
 * one: no contract can mark its product as being for such a use, so every product is a general one and they are left out.
 * By code system; a code is meant if it begins with one of these. Systems without a list here are not searched: see README.
 *
 * ICD-10: sexually transmitted infections (A50–A64) and HIV (B20–B24, F02.4, R75, Z20.6, Z21, Z71.7); gender identity
 * (F64); termination of pregnancy (O04); infertility and assisted conception (N97, Z31).
 * OPCS-4: termination of pregnancy (Q10, Q11, Q14), assisted conception (Q13, Q21, Q38.3), gender (X15).
 */
const SENSITIVE: Record<string, RegExp> = {
  'http://hl7.org/fhir/sid/icd-10-uk':
    /^(A5\d|A6[0-4]|B2[0-4]|F02\.?4|F64|N97|O04|R75|Z20\.?6|Z21|Z31|Z71\.?7)/,
  'https://fhir.hl7.org.uk/Id/opcs-4': /^(Q1[0134]|Q21|Q38\.?3|X15)/,
};

/** What must not be shown of a code system; null where everything may be. */
export function sensitiveOf(system: string | undefined): ((code: string) => boolean) | null {
  const pattern = system === undefined ? undefined : SENSITIVE[system];
  return pattern === undefined ? null : (code) => pattern.test(code.toUpperCase());
}
