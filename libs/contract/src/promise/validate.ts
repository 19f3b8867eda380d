import { Ajv2019, type ErrorObject, type ValidateFunction } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { CONTRACT_ERRORS, finding, type ContractError, type Finding } from '../errors.js';
import { ODCS_SCHEMA, PROFILE_SCHEMA, STANDARD_SCHEMA } from './schemas.gen.js';

/** A hundred sentences about one file help nobody; the first faults usually cause the rest. */
const MOST = 25;

let validators: {
  odcs: ValidateFunction;
  contract: ValidateFunction;
  field: ValidateFunction;
  standard: ValidateFunction;
} | null = null;

/** Compiled when first needed: it takes about 0.1 s, which most processes that read contracts once never notice. */
function compiled() {
  if (validators === null) {
    // strict mode would refuse keywords that only annotate, as the published ODCS schema has them
    const ajv = addFormats.default(new Ajv2019({ strict: false, allErrors: true, verbose: false }));
    ajv.addSchema(JSON.parse(PROFILE_SCHEMA) as object);
    validators = {
      odcs: ajv.compile(JSON.parse(ODCS_SCHEMA) as object),
      contract: ajv.compile({ $ref: 'urn:caremesh:profile:1#/$defs/contract' }),
      field: ajv.compile({ $ref: 'urn:caremesh:profile:1#/$defs/field' }),
      standard: ajv.compile(JSON.parse(STANDARD_SCHEMA) as object),
    };
  }
  return validators;
}

/** What is wrong with a parsed contract by the official JSON Schema of ODCS 3.1.0. */
export function validateOdcs(contract: unknown): Finding[] {
  return run(compiled().odcs, contract, 'contract.odcs.yaml#', CONTRACT_ERRORS.odcsInvalid);
}

/** What is wrong with custom properties, read as one object, of the whole contract or of one field. */
export function validateProfile(
  kind: 'contract' | 'field',
  properties: object,
  path: string,
): Finding[] {
  return run(compiled()[kind], properties, path, CONTRACT_ERRORS.profileInvalid);
}

/**
 * The properties without what is not as the profile describes it: of a list only the entries that are not, of anything
 * else the whole. What is left can be read as the types of a contract say.
 */
export function soundProperties(
  kind: 'contract' | 'field',
  properties: Record<string, unknown>,
): Record<string, unknown> {
  const validate = compiled()[kind];
  if (validate(properties)) return properties;
  const faults = (validate.errors ?? []).map(({ instancePath }) =>
    instancePath.split('/').slice(1),
  );
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, value]): [string, unknown][] => {
      const inside = faults.filter(([first]) => first !== undefined && unescaped(first) === key);
      if (inside.length === 0) return [[key, value]];
      if (!Array.isArray(value) || inside.some((steps) => steps.length === 1)) return [];
      return [[key, value.filter((_, i) => !inside.some(([, step]) => step === String(i)))]];
    }),
  );
}

/** What is wrong with an entry of the standards catalogue. */
export function validateStandard(value: unknown): Finding[] {
  return run(compiled().standard, value, 'standard#', CONTRACT_ERRORS.standardInvalid);
}

function run(
  validate: ValidateFunction,
  value: unknown,
  path: string,
  error: ContractError,
): Finding[] {
  if (validate(value)) return [];
  const faults = (validate.errors ?? []).filter((fault) => !COMPOSITE.has(fault.keyword));
  const findings = faults.map((fault) => toFinding(fault, path, error));
  return distinct(findings).slice(0, MOST);
}

/** Keywords that only say that something inside them failed. */
const COMPOSITE = new Set(['if', 'anyOf', 'oneOf', 'allOf', 'then', 'else', '$ref']);

function toFinding(fault: ErrorObject, root: string, error: ContractError): Finding {
  const path = join(root, fault.instancePath);
  const params = fault.params as Record<string, unknown>;
  if (error === CONTRACT_ERRORS.profileInvalid) {
    if (fault.keyword === 'required') {
      return finding(
        CONTRACT_ERRORS.profileMissing,
        path,
        `The property \`${name(params.missingProperty)}\` is missing.`,
      );
    }
    if (fault.keyword === 'additionalProperties' && fault.instancePath === '') {
      const unknown = name(params.additionalProperty);
      return finding(
        CONTRACT_ERRORS.profileUnknown,
        path,
        `The property \`${unknown}\` is not part of the profile.`,
      );
    }
  }
  return finding(error, path, sentence(fault, params));
}

/** The fault in words. Values are not repeated: a contract should hold nothing secret, but it might. */
function sentence(fault: ErrorObject, params: Record<string, unknown>): string {
  switch (fault.keyword) {
    case 'required':
      return `The field \`${name(params.missingProperty)}\` is missing.`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `The field \`${name(params.additionalProperty ?? params.unevaluatedProperty)}\` is not known here.`;
    case 'enum':
      return `It must be one of: ${(params.allowedValues as unknown[]).slice(0, 20).join(', ')}.`;
    case 'const':
      return `It must be ${String(params.allowedValue)}.`;
    case 'type':
      return `It must be of type ${String(params.type)}.`;
    default:
      return `It ${fault.message ?? 'is not as described'}.`;
  }
}

function name(value: unknown): string {
  return String(value).slice(0, 60);
}

/** `/schema/0/properties/3/name` -> `schema[0].properties[3].name` */
function join(root: string, pointer: string): string {
  const steps = pointer.split('/').slice(1);
  const path = steps
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${unescaped(step)}`))
    .join('');
  return root + (root.endsWith('#') ? path.replace(/^\./, '') : path);
}

/** A step of a JSON pointer (RFC 6901). */
function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function distinct(findings: Finding[]): Finding[] {
  return [...new Map(findings.map((f) => [`${f.path} ${f.message}`, f])).values()];
}
