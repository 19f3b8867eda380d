import { readSchemaText, type SchemaRead } from '../avro/read-schema.js';
import type { VersionFiles } from '../envelope/hash.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import type { DataContract } from './data-contract.js';
import { CONTRACT_FILE, readContract, type ContractRead } from './read-contract.js';

export const SCHEMA_FILE = 'schema.avsc';

/** A version folder, read: what it promises and its Avro schema, or what stands in the way. */
export type ParsedVersion = {
  contract: DataContract | null;
  schema: object | null;
  findings: Finding[];
};

/** The same with all that the checks need. */
export type ReadVersion = { files: VersionFiles; contract: ContractRead; schema: SchemaRead };

/**
 * Reads the files of a version folder. Never throws for what is in them: everything wrong is a finding. `contract`
 * and `schema` are null when they could not be read; whether a readable version is acceptable is `checkVersion`'s matter.
 */
export function parseVersion(files: VersionFiles): ParsedVersion {
  const { contract, schema } = readVersion(files);
  return {
    contract: contract.contract,
    schema: schema.schema,
    findings: [...contract.findings, ...schema.findings],
  };
}

const reads = new WeakMap<
  VersionFiles,
  ReadVersion & { contractText: unknown; schemaText: unknown }
>();

/** Reads a folder once, however often its checks, its changes and its contract are asked for. */
export function readVersion(files: VersionFiles): ReadVersion {
  const [contractText, schemaText] = [fileText(files, CONTRACT_FILE), fileText(files, SCHEMA_FILE)];
  const known = reads.get(files);
  if (known?.contractText === contractText && known.schemaText === schemaText) return known;
  const read = { files, contract: contractOf(contractText), schema: schemaOf(schemaText) };
  reads.set(files, { ...read, contractText, schemaText });
  return read;
}

function contractOf(text: string | null): ContractRead {
  return text === null ? readContractMissing() : readContract(text);
}

function schemaOf(text: string | null): SchemaRead {
  return text === null
    ? { schema: null, root: null, findings: [missing(SCHEMA_FILE)] }
    : readSchemaText(text);
}

function readContractMissing(): ContractRead {
  const nothing = {
    places: new Map(),
    unsaid: new Map(),
    recordName: '',
    topic: null,
    odcsDomain: null,
    odcs: null,
  };
  return { contract: null, findings: [missing(CONTRACT_FILE)], ...nothing };
}

function missing(file: string): Finding {
  return finding(CONTRACT_ERRORS.fileMissing, file, `The file ${file} is missing.`);
}

/** Own properties only: a file map may come from a request body. */
function fileText(files: VersionFiles, path: string): string | null {
  const text: unknown = Object.hasOwn(files, path) ? files[path] : undefined;
  return typeof text === 'string' ? text : null;
}
