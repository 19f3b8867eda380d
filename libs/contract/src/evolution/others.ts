import { safe, visible, type Change } from './change.js';
import { sameMeaning, sameWords } from './wording.js';

type Json = Record<string, unknown>;

/**
 * What the other rules read, at each kind of place in an ODCS document. Whatever else stands there is compared as it
 * is, so that no difference goes untold because nobody thought of a rule for it.
 */
const READ = {
  document: [
    ...['apiVersion', 'kind', 'id', 'name', 'version', 'status', 'description', 'schema', 'team'],
    ...['support', 'slaProperties', 'customProperties'],
  ],
  description: ['purpose', 'usage', 'limitations'],
  team: ['name', 'description', 'customProperties'],
  custom: ['property', 'value'],
  product: ['properties'],
  field: [
    ...['name', 'businessName', 'description', 'logicalType', 'required', 'classification'],
    ...['logicalTypeOptions', 'customProperties', 'properties', 'items'],
  ],
  options: ['pattern', 'maxLength', 'minimum', 'maximum'],
  channel: ['channel', 'url', 'scope'],
  level: ['property', 'value', 'element'],
};

/** Said for people alone: nothing a program reads depends on it, and nobody takes it for what a record holds. */
const ASIDE = new Set(['contractCreatedTs', 'tool']);

/** Said for people too, who may take a record for something else when they read other words: how those are judged. */
const FOR_PEOPLE = new Map<string, (before: string, after: string) => boolean>([
  ['businessName', sameWords],
  ['description', sameMeaning],
  ['dataGranularityDescription', sameMeaning],
  ...['tags', 'authoritativeDefinitions', 'examples', 'invitationUrl'].map(
    (key) => [key, () => false] as const,
  ),
]);

/** Differences between two contracts in places for which the mesh has no rule of its own, one for each place. */
export function otherChanges(before: object, after: object): Change[] {
  const [old, now] = [placesOf(before as Json), placesOf(after as Json)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((place) => {
    if (old.get(place)?.text === now.get(place)?.text) return [];
    const { path, key } = (now.get(place) ?? old.get(place))!;
    const where = path.startsWith('$') ? 'the product' : `\`${path}\``;
    const sentence = `What the contract says about ${where} under \`${key}\` changes.`;
    const name = key.split('.').at(-1)!;
    const isSame = FOR_PEOPLE.get(name);
    if (isSame === undefined && !ASIDE.has(name)) return [visible(path, 'attribute', sentence)];
    const [from, to] = [old.get(place)?.text ?? '', now.get(place)?.text ?? ''];
    return isSame === undefined || isSame(from, to)
      ? [safe(path, 'documentation', sentence)]
      : [visible(path, 'wording', sentence)];
  });
}

type Place = { path: string; key: string; text: string };

function placesOf(odcs: Json): Map<string, Place> {
  const places: Place[] = [];
  const rest = (path: string, prefix: string, node: Json, read: string[]) => {
    for (const [key, value] of Object.entries(node).filter(([one]) => !read.includes(one))) {
      places.push({ path, key: prefix + key, text: canonical(value) });
    }
  };
  rest('$', '', odcs, READ.document);
  rest('$.description', '', object(odcs.description), READ.description);
  rest('$.team', '', object(odcs.team), READ.team);
  // Of the team's own properties only the ODS code has a rule, and that reads its value alone.
  for (const entry of list(object(odcs.team).customProperties)) {
    const read = entry.property === 'ods' ? READ.custom : ['property'];
    rest('$.team', `${String(entry.property)}.`, entry, read);
  }
  for (const entry of list(odcs.support))
    rest('$.support', `${String(entry.channel)}.`, entry, READ.channel);
  for (const entry of list(odcs.slaProperties)) rest('$.slaProperties', ...levelOf(entry));
  custom(rest, '$', odcs);
  for (const product of list(odcs.schema)) {
    rest('$.schema', '', { ...product, physicalName: topicOf(product, odcs) }, READ.product);
    fields(rest, list(product.properties), '');
  }
  return new Map(places.map((place) => [`${place.path} ${place.key}`, place]));
}

/** The topic as stated, or that it is the one the id asks for: a new major's topic needs no sentence of its own. */
function topicOf({ physicalName }: Json, { id }: Json): unknown {
  const due = String(id)
    .replace(/^urn:caremesh:/, '')
    .replace(/:(v\d+)$/, '.$1');
  return physicalName === due ? 'as the id says' : physicalName;
}

/** What custom properties say besides name and value, which the profile's rules read. */
function custom(rest: Rest, path: string, holder: Json): void {
  for (const entry of list(holder.customProperties))
    rest(path, `${String(entry.property)}.`, entry, READ.custom);
}

type Rest = (path: string, prefix: string, node: Json, read: string[]) => void;

function fields(rest: Rest, properties: Json[], prefix: string): void {
  for (const property of properties) oneField(rest, property, prefix + String(property.name));
}

function oneField(rest: Rest, property: Json, path: string): void {
  rest(path, '', property, READ.field);
  rest(path, '', object(property.logicalTypeOptions), READ.options);
  custom(rest, path, property);
  fields(rest, list(property.properties), `${path}.`);
  const items = object(property.items);
  if (Object.keys(items).length === 0) return;
  if (items.logicalType !== 'object') return oneField(rest, items, `${path}[]`);
  // The items of a list of records are no field of their own: what they say themselves has no rule at all.
  rest(`${path}[]`, '', items, ['properties']);
  fields(rest, list(items.properties), `${path}[].`);
}

const LEVELS = ['freshness', 'retention', 'landedRetention', 'completeness'];

/** Of the service levels that have a rule only what stands beside their value; of any other the whole. */
function levelOf(entry: Json): [string, Json, string[]] {
  const property = String(entry.property);
  const element = entry.element === undefined ? '' : `(${canonical(entry.element)})`;
  const read = LEVELS.includes(property) ? READ.level : ['property'];
  return [`${property}${element}.`, entry, read];
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

/** The value as text, whatever the order in which its keys were written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
