import type { Concept, Extension } from './resources.js';

/** The code of a concept whose list the contract names; its system is not looked at twice. */
export const codeOf = (concept: Concept | undefined): string | null =>
  concept?.coding?.find((one) => one.code !== undefined)?.code ?? null;

/** The extension of a UK Core name, whichever address it is published under. */
export const extensionOf = <E extends { url: string }>(
  extensions: E[] | undefined,
  name: string,
): E | undefined =>
  extensions?.find(
    ({ url }) => url === name || url.endsWith(`-${name}`) || url.endsWith(`-${name}-1`),
  );

/** The code an extension states, as concept, coding or code. */
export const extensionCode = (extension: Omit<Extension, 'extension'> | undefined): string | null =>
  codeOf(extension?.valueCodeableConcept) ??
  extension?.valueCoding?.code ??
  extension?.valueCode ??
  null;
