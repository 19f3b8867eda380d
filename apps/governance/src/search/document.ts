import type { DataContract, FieldPromise } from '@caremesh/contract';
import { wordsOf } from './words.js';

/** Texts of a product by how much a match in them says: PostgreSQL's weights A (most) to D. */
export type Weighted = { a: string; b: string; c: string; d: string };

/** What a product is found by. The heading (A to C) also orders what was found; D is its fields. */
export function productDocument(contract: DataContract): Weighted {
  const { product, title, description, owner, careSetting, standards, support } = contract;
  return {
    a: asWords([product, title]),
    b: asWords([...standards.flatMap(({ id, title: name }) => [id, name]), ...careSetting]),
    c: asWords([
      description.purpose,
      description.usage,
      description.limitations,
      owner.team,
      owner.description,
      owner.ods,
      ...support.map(({ channel }) => channel),
    ]),
    d: asWords(contract.fields.flatMap(textsOf)),
  };
}

/** What a field is found by: its name and title first, then what is said about it. */
export function fieldDocument(field: FieldPromise): { heading: string; body: string } {
  const [path = '', title = '', ...rest] = textsOf(field);
  return { heading: asWords([path, title]), body: asWords(rest) };
}

function textsOf({ path, title, description, codes, definition, role }: FieldPromise): string[] {
  return [
    path,
    title ?? '',
    description,
    lastPartOf(codes?.system),
    lastPartOf(definition),
    role ?? '',
  ];
}

// Of `https://www.datadictionary.nhs.uk/data_elements/nhs_number.html` people search for the end alone.
function lastPartOf(url: string | undefined): string {
  if (url === undefined) return '';
  const parts = url
    .replace(/\.html$/, '')
    .split(/[/:]/)
    .filter(Boolean);
  return parts.slice(-2).join(' ');
}

function asWords(texts: readonly (string | null)[]): string {
  return texts.flatMap((text) => (text === null ? [] : wordsOf(text))).join(' ');
}
