import { holdsNhsNumber } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';

import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import type { Content, Identity } from '../state/codec.js';
import type { RecordCheck } from './record-check.js';

/** Which fields of a contract may hold what; paths as the contract writes them (`procedures[].code`). */
export type IdentifierRules = {
  /** No view shows these, so an identifier in them does no harm. */
  freeText: ReadonlySet<string>;
  /** A view shows these, and neither a closed list nor a pattern says what stands in them. */
  open: ReadonlySet<string>;
  /** The person's postcode, by its field's name. */
  postcode: string | null;
};

/** The rules of a contract. */
export function identifierRules({ fields }: DataContract): IdentifierRules {
  const open = fields.filter(
    ({ classification, freeText, treatment, codes, pattern, role, logicalType }) =>
      logicalType === 'string' &&
      classification !== 'direct-identifier' &&
      !freeText &&
      treatment === 'keep' &&
      role === undefined &&
      pattern === undefined &&
      codes?.values === undefined,
  );
  return {
    freeText: new Set(fields.filter(({ freeText }) => freeText).map(({ path }) => path)),
    open: new Set(open.map(({ path }) => path)),
    postcode: fields.find(({ role }) => role === 'postcode')?.path ?? null,
  };
}

/**
 * A person's own number may stand in its own field and in free text, nowhere else; nor, in any field that is shown
 * and open, their local identifier, and nobody's NHS number however it is written, postcode or e-mail address. Names of places hold
 * postcodes of their own.
 */
export function classificationCheck(rules: IdentifierRules): RecordCheck {
  return {
    name: 'classification',
    run: ({ identity, content }) => {
      const own = identifiersOf(identity, content, rules);
      const errors: Fault[] = [];
      for (const name in content) look(content[name], name, rules, own, errors);
      return errors;
    },
  };
}

type Own = { nhsNumber: string | null; localId: string | null; postcode: string | null };

/** Shorter local identifiers are too like other words (a ward, a bed) to be told from them. */
const SHORTEST_LOCAL_ID = 5;
const SHORTEST_POSTCODE = 5;

function identifiersOf({ person }: Identity, content: Content, rules: IdentifierRules): Own {
  const localId = person.local?.id ?? '';
  const postcode = rules.postcode === null ? null : content[rules.postcode];
  const compact = typeof postcode === 'string' ? compactOf(postcode) : '';
  return {
    nhsNumber: person.nhsNumber,
    localId: localId.length >= SHORTEST_LOCAL_ID ? localId.toUpperCase() : null,
    postcode: compact.length >= SHORTEST_POSTCODE ? compact : null,
  };
}

function look(
  value: unknown,
  path: string,
  rules: IdentifierRules,
  own: Own,
  errors: Fault[],
): void {
  if (typeof value === 'string') {
    if (!rules.freeText.has(path) && tells(value, path, own, rules.open.has(path)))
      errors.push(fault('classificationBroken', `/${path.replaceAll('.', '/')}`));
  } else if (Array.isArray(value)) {
    for (const item of value) look(item, `${path}[]`, rules, own, errors);
  } else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      look(inner, `${path}.${name}`, rules, own, errors);
    }
  }
}

function tells(
  value: string,
  path: string,
  { nhsNumber, localId, postcode }: Own,
  open: boolean,
): boolean {
  if (nhsNumber !== null && value.length >= nhsNumber.length && value.includes(nhsNumber))
    return true;
  if (!open || value.length < SHORTEST_LOCAL_ID) return false;
  const compact = compactOf(value);
  return (
    (nhsNumber !== null && compact.includes(nhsNumber)) ||
    (postcode !== null && compact.includes(postcode)) ||
    (localId !== null && hasWord(value.toUpperCase(), localId)) ||
    tellsOfAnybody(value, path)
  );
}

const E_MAIL = /[^\s@]@[^\s@]+\.[A-Za-z]/;
/** Both halves with a blank between them: without it a ward may be called so (`B1 1AA`, `B11AA`). */
const WHOLE_POSTCODE =
  /(?<![A-Z0-9])[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}(?![A-Z0-9])/i;
const NAME_OF_PLACE = /Name$/;
const NHS_NUMBER_LENGTH = 10;

/** What says who somebody is, whoever that is. */
function tellsOfAnybody(value: string, path: string): boolean {
  if (digitsIn(value) >= NHS_NUMBER_LENGTH && holdsNhsNumber(value)) return true;
  return E_MAIL.test(value) || (!NAME_OF_PLACE.test(path) && WHOLE_POSTCODE.test(value));
}

/** Digits, those of other scripts among what else is not ASCII. This runs for every record, and few values have any. */
function digitsIn(value: string): number {
  let count = 0;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code >= 48 && code <= 57) || code > 127) count++;
  }
  return count;
}

/** Without what people put between the groups of a number or the halves of a postcode. */
const compactOf = (text: string): string => text.replaceAll(/[\s-]/g, '').toUpperCase();

/** Whether `word` stands in `text` and is not a part of a longer one. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isWordly(text[at - 1]) && !isWordly(text[at + word.length])) return true;
  }
  return false;
}

const isWordly = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}]/u.test(character);
