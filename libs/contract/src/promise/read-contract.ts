import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { parseProductId } from '../envelope/names.js';
import type {
  CodeBinding,
  DataContract,
  FieldPromise,
  LegalBasis,
  Purpose,
  Role,
  SmallNumbersRule,
  StandardConformed,
  SupportChannel,
  Treatment,
} from './data-contract.js';
import { CLASSIFICATIONS } from './data-contract.js';
import { readYaml } from './read-yaml.js';
import { soundProperties, validateOdcs, validateProfile } from './validate.js';

export const CONTRACT_FILE = 'contract.odcs.yaml';
const ROOT = `${CONTRACT_FILE}#`;

type Json = Record<string, unknown>;
type CustomProperties = { property: string; value: unknown }[];

/** What the contract leaves unsaid about a field; reading then assumes the most careful answer. */
type Unsaid = 'classification' | 'treatment' | 'freeText';

/** A contract as it was read, with where each field stands in the file so that later findings can point there. */
export type ContractRead = {
  contract: DataContract | null;
  findings: Finding[];
  /** Field path to its place in the file. */
  places: Map<string, string>;
  /** Field path to what is not said about it. */
  unsaid: Map<string, Set<Unsaid>>;
  /** Name and topic as the contract's schema section gives them. */
  recordName: string;
  topic: string | null;
  odcsDomain: string | null;
  /** The document as it was parsed: ODCS allows more than the mesh has a rule for. */
  odcs: object | null;
};

/** Custom properties that a property of the schema has when nothing is stated. */
type FieldProfile = {
  treatment?: Treatment;
  presence?: 'live';
  role?: Role;
  freeText?: boolean;
  unit?: string;
  definition?: string;
  codes?: { system: string; version: string; values?: { code: string; meaning: string }[] };
};

/**
 * Reads the text of `contract.odcs.yaml`: YAML, then ODCS 3.1.0, then our profile. The contract is null when it is
 * not readable or not ODCS; with profile faults it is given without what has them, with the findings.
 */
export function readContract(text: string): ContractRead {
  const yaml = readYaml(text);
  if (yaml.findings.length > 0) return refuse(yaml.findings);
  const version = (yaml.value as Json | null)?.apiVersion;
  if (typeof version === 'string' && version !== 'v3.1.0') {
    return refuse([
      finding(
        CONTRACT_ERRORS.odcsVersion,
        `${ROOT}apiVersion`,
        'The contract does not follow ODCS 3.1.0.',
      ),
    ]);
  }
  const invalid = validateOdcs(yaml.value);
  if (invalid.length > 0) return refuse(invalid);
  return read(yaml.value as Json);
}

function refuse(findings: Finding[]): ContractRead {
  return {
    contract: null,
    findings,
    places: new Map(),
    unsaid: new Map(),
    recordName: '',
    topic: null,
    odcsDomain: null,
    odcs: null,
  };
}

function read(odcs: Json): ContractRead {
  const findings: Finding[] = [];
  const reader = new Fields(findings);
  const custom = asObject(odcs.customProperties as CustomProperties | undefined, ROOT, findings);
  findings.push(...validateProfile('contract', custom, `${ROOT}customProperties`));
  const [product, ...others] = (odcs.schema as Json[] | undefined) ?? [];
  if (product === undefined || others.length > 0) {
    findings.push(
      finding(
        CONTRACT_ERRORS.odcsInvalid,
        `${ROOT}schema`,
        'A contract describes exactly one product under `schema`.',
      ),
    );
  }
  const fields = reader.read((product?.properties as Json[] | undefined) ?? []);
  const id = identity(odcs);
  if (id === null) {
    const why = 'The id is not urn:caremesh:<domain>.<product>:v<major>.';
    return refuse([...findings, finding(CONTRACT_ERRORS.identityDiffers, `${ROOT}id`, why)]);
  }
  return {
    contract: { ...id, ...promises(odcs, soundProperties('contract', custom)), fields },
    findings,
    places: reader.places,
    unsaid: reader.unsaid,
    recordName: String(product?.name ?? ''),
    topic: text(product?.physicalName),
    odcsDomain: text(odcs.domain),
    odcs,
  };
}

/** Product, domain and major from `urn:caremesh:gp.medication-statement:v1`; null when the id has another shape. */
function identity(odcs: Json) {
  const id = String(odcs.id);
  const match = /^urn:caremesh:([^:]+):v([1-9][0-9]{0,3})$/.exec(id);
  if (match === null) return null;
  try {
    const { domain, product } = parseProductId(match[1]!);
    return { id, product: match[1]!, domain, name: product, major: Number(match[2]) };
  } catch {
    return null;
  }
}

function promises(odcs: Json, custom: Json) {
  const description = (odcs.description ?? {}) as Json;
  const team = (Array.isArray(odcs.team) ? {} : (odcs.team ?? {})) as Json;
  return {
    title: text(odcs.name) ?? '',
    version: String(odcs.version),
    status: String(odcs.status),
    description: {
      purpose: text(description.purpose) ?? '',
      usage: text(description.usage) ?? '',
      limitations: text(description.limitations) ?? '',
    },
    benefit: text(custom.benefit),
    smallNumbers: (custom.smallNumbers as SmallNumbersRule | undefined) ?? null,
    owner: { team: text(team.name) ?? '', description: text(team.description), ods: teamOds(team) },
    support: support(odcs.support),
    ...serviceLevels((odcs.slaProperties as Json[] | undefined) ?? []),
    purposes: list<Purpose>(custom.purposes),
    legalBasis: list<LegalBasis>(custom.legalBasis),
    careSetting: list<string>(custom.careSetting),
    standards: list<Json>(custom.standards).map(standard),
    houseRules: String(custom.houseRules ?? ''),
  };
}

function teamOds(team: Json): string | null {
  const custom = (team.customProperties as CustomProperties | undefined) ?? [];
  return text(custom.find(({ property }) => property === 'ods')?.value);
}

function support(value: unknown): SupportChannel[] {
  return list<Json>(value).map((entry) => ({
    channel: String(entry.channel),
    url: text(entry.url),
    scope: text(entry.scope),
  }));
}

function serviceLevels(levels: Json[]) {
  const value = (property: string): string => {
    const found = levels.find((level) => level.property === property)?.value;
    return found === undefined || found === null ? '' : String(found as string);
  };
  const completeness = levels
    .filter((level) => level.property === 'completeness')
    .map((level) => ({
      field: String(level.element ?? '')
        .split('.')
        .slice(1)
        .join('.'),
      atLeast: Number(level.value),
    }));
  return {
    retention: { period: value('landedRetention'), records: value('retention') },
    freshness: { within: value('freshness') },
    completeness,
  };
}

function standard(entry: Json): StandardConformed {
  return { id: String(entry.id), title: String(entry.title), version: text(entry.version) };
}

/** Reads ODCS properties into promises, the nested ones too, in the order of the file. */
class Fields {
  readonly places = new Map<string, string>();
  readonly unsaid = new Map<string, Set<Unsaid>>();
  private readonly promises: FieldPromise[] = [];

  constructor(private readonly findings: Finding[]) {}

  read(properties: Json[]): FieldPromise[] {
    this.all(properties, '', `${ROOT}schema[0].properties`);
    return this.promises;
  }

  private all(properties: Json[], prefix: string, place: string): void {
    properties.forEach((property, i) =>
      this.one(property, prefix + String(property.name), `${place}[${i}]`),
    );
  }

  private one(property: Json, path: string, place: string): void {
    if (this.places.has(path)) {
      this.findings.push(
        finding(CONTRACT_ERRORS.odcsInvalid, place, `The field ${path} appears twice.`),
      );
      return;
    }
    this.promises.push(this.promise(property, path, place));
    const items = property.items as Json | undefined;
    if (property.logicalType === 'object')
      this.all(list<Json>(property.properties), `${path}.`, `${place}.properties`);
    if (property.logicalType !== 'array' || items === undefined) return;
    if (items.logicalType === 'object') {
      this.findings.push(...saidOfAll(items, `${place}.items`));
      this.all(list<Json>(items.properties), `${path}[].`, `${place}.items.properties`);
    } else
      this.promises.push(
        this.promise({ name: property.name, ...items }, `${path}[]`, `${place}.items`),
      );
  }

  private promise(property: Json, path: string, place: string): FieldPromise {
    this.places.set(path, place);
    const profile = asObject(
      property.customProperties as CustomProperties | undefined,
      place,
      this.findings,
    ) as FieldProfile;
    const faults = validateProfile('field', profile, `${place}.customProperties`);
    this.findings.push(...faults);
    const sound = faults.length === 0 ? profile : {};
    this.unsaid.set(path, unsaid(property, sound));
    return fieldPromise(property, path, sound);
  }
}

/** Whoever wrote it there would think it kept. */
function saidOfAll(items: Json, place: string): Finding[] {
  if (items.classification === undefined && items.customProperties === undefined) return [];
  const why = 'What is said of a record in a list as a whole has no effect.';
  const fix = 'Say it of the list, or of each field of the record.';
  return [finding(CONTRACT_ERRORS.profileInvalid, place, why, { fix })];
}

function unsaid(property: Json, profile: FieldProfile): Set<Unsaid> {
  const missing = new Set<Unsaid>();
  if (oneOf(CLASSIFICATIONS, property.classification) === null) missing.add('classification');
  if (profile.treatment === undefined) missing.add('treatment');
  if (profile.freeText === undefined) missing.add('freeText');
  return missing;
}

function fieldPromise(property: Json, path: string, profile: FieldProfile): FieldPromise {
  const options = (property.logicalTypeOptions ?? {}) as {
    pattern?: string;
    maxLength?: number;
    minimum?: number;
    maximum?: number;
  };
  const always = property.required === true;
  const presence = always ? 'always' : (profile.presence ?? 'optional');
  return {
    path,
    name: String(property.name),
    title: text(property.businessName),
    description: text(property.description) ?? '',
    logicalType: text(property.logicalType) ?? '',
    presence,
    required: presence !== 'optional',
    classification: oneOf(CLASSIFICATIONS, property.classification) ?? 'direct-identifier',
    freeText: profile.freeText ?? false,
    treatment: profile.treatment ?? 'drop',
    ...stated({
      role: profile.role,
      codes: profile.codes === undefined ? undefined : codeBinding(profile.codes),
      pattern: options.pattern,
      maxLength: options.maxLength,
      minimum: options.minimum,
      maximum: options.maximum,
      unit: profile.unit,
      definition: profile.definition,
      sources: sources(property.transformSourceObjects),
    }),
  };
}

// ODCS's own place for it: "list of objects in the data source used in the transformation".
function sources(value: unknown): string[] | undefined {
  const named = list<unknown>(value).flatMap((entry) => text(entry) ?? []);
  return named.length === 0 ? undefined : named;
}

function codeBinding(codes: NonNullable<FieldProfile['codes']>): CodeBinding {
  const { system, version, values } = codes;
  if (values === undefined) return { system, version };
  return {
    system,
    version,
    values: values.map(({ code }) => code),
    meanings: Object.fromEntries(values.map(({ code, meaning }) => [code, meaning])),
  };
}

/** `[{property, value}]` as one object. A property stated twice is a fault: readers would disagree about which holds. */
function asObject(
  properties: CustomProperties | undefined,
  place: string,
  findings: Finding[],
): Json {
  const result: Json = {};
  for (const { property, value } of properties ?? []) {
    if (Object.hasOwn(result, property)) {
      findings.push(
        finding(
          CONTRACT_ERRORS.profileInvalid,
          place,
          `The custom property \`${property.slice(0, 60)}\` appears twice.`,
        ),
      );
    }
    result[property] = value;
  }
  return result;
}

function stated<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | null {
  return (allowed as readonly unknown[]).includes(value) ? (value as T) : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value.trim() : null;
}

function list<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}
