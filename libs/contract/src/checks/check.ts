import type { AvroRecord } from '../avro/tree.js';
import type { VersionFiles } from '../envelope/hash.js';
import type { Finding } from '../errors.js';
import type { Change } from '../evolution/change.js';
import type { DataContract } from '../promise/data-contract.js';
import type { ContractRead } from '../promise/read-contract.js';
import type { ReadVersion } from '../promise/parse-version.js';
import type { Standard } from '../standards/standard.js';

/** The answer of one named check on a proposed version, as the proposal shows it. */
export type Check = {
  name: string;
  severity: 'blocks' | 'warns' | 'informs';
  outcome: 'passed' | 'failed';
  /** Of what is wrong; null when it passed. A check that finds several things answers once for each. */
  path: string | null;
  reason: string | null;
  fix: string | null;
  code?: string;
  /** The waiver by which a check that would block warns, and its last moment. */
  waiver?: { id: string; until: string };
};

/** A time-limited exception that was approved for a product and has not ended. */
export type WaiverInForce = {
  id: string;
  /** Name of the check it is for. */
  check: string;
  /** The field or standard it is about; null for whatever the check finds. */
  about: string | null;
  /** RFC 3339. */
  until: string;
};

/** What a check may need to know of the mesh beyond the files themselves. */
export type CheckContext = {
  /** The latest version of the product, of whatever major, that was approved. */
  latest?: VersionFiles;
  existingVersions?: string[];
  domainAccepted?: boolean;
  /** The standards catalogue, and the day (YYYY-MM-DD) on which it is asked. Without it no standard is looked at. */
  standards?: { today: string; all: readonly Standard[] };
  /** Waivers in force for this product. */
  waivers?: readonly WaiverInForce[];
};

/** A readable version under examination. */
export type Subject = {
  files: VersionFiles;
  contract: DataContract;
  /** Where things stand in the contract file, and what it leaves unsaid. */
  read: ContractRead;
  /** Null when the schema cannot be read; `schema-valid` says so, and checks that need it find nothing. */
  root: AvroRecord | null;
  schema: object | null;
  latest: DataContract | null;
  changes: Change[];
  context: CheckContext;
};

/** One rule, one file. To add one: write it, and add it to the list in `list.ts`. */
export type Rule = {
  name: string;
  severity: Check['severity'];
  run(subject: Subject): Finding[];
};

/** A rule about the files before they are understood; runs always, and first. */
export type FileRule = {
  name: string;
  severity: Check['severity'];
  run(version: ReadVersion): Finding[];
};

/** Place of a field in the contract file. */
export function placeOf(subject: Subject, path: string): string {
  return subject.read.places.get(path) ?? 'contract.odcs.yaml#schema[0]';
}
