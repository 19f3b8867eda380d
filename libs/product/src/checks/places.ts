import type { Fault } from '../errors.js';

/** Where each field of a record comes from, in the source's own words; what a list holds is `procedures[].code`. */
export type PlacesBy = Readonly<Record<string, string | undefined>>;

/**
 * A fault of a field, told where the sender finds it: the path becomes the source's place, and the sentence names both. One whose
 * field has no place of its own in the source stays as it is.
 */
export function atSource(found: Fault, places: PlacesBy): Fault {
  const field = found.path
    .slice(1)
    .replaceAll('/', '.')
    .replace(/\.(\d+)(?=\.|$)/g, '[$1]');
  const place = places[field.replace(/\[\d+\]/g, '[]')];
  if (!place) return found;
  return { ...found, path: place, message: `${found.message} (${place}, published as ${field})` };
}
