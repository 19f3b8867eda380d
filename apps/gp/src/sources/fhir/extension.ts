import type { Concept, Extension } from './resources.js';

/** Who gives extensions the names that are read; others have the same names for something else (`Extension-DM-PrescriptionType`). */
const PUBLISHERS = ['-UKCore-', '-CareConnect-', '-CareConnect-GPC-'];

/**
 * The code of a concept whose list the contract names. Of several codings the one whose system is called by one of `names`, for others say
 * the same in another system; else the first, which the contract refuses if it is none of its own.
 */
export function codeOf(concept: Concept | undefined, ...names: string[]): string | null {
  const coded = (concept?.coding ?? []).filter(({ code }) => code !== undefined);
  const meant = coded.find(({ system }) => names.some((name) => system?.includes(name)));
  return (meant ?? coded[0])?.code ?? null;
}

/** The extension of a UK Core name, whichever address it is published under, or one within another by its own name. */
export const extensionOf = <E extends { url: string }>(
  extensions: E[] | undefined,
  name: string,
): E | undefined =>
  extensions?.find(
    ({ url }) =>
      url === name ||
      PUBLISHERS.some((one) => url.endsWith(one + name) || url.endsWith(`${one}${name}-1`)),
  );

/** The code that the extension of a name states, as concept, coding or code. */
export function extensionCode(extensions: Extension[] | undefined, name: string): string | null {
  const extension = extensionOf(extensions, name);
  return (
    codeOf(extension?.valueCodeableConcept, name) ??
    extension?.valueCoding?.code ??
    extension?.valueCode ??
    null
  );
}
