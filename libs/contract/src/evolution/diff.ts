import type { AvroRecord } from '../avro/tree.js';
import type { VersionFiles } from '../envelope/hash.js';
import { readVersion, SCHEMA_FILE, type ReadVersion } from '../promise/parse-version.js';
import { CONTRACT_FILE, type ContractRead } from '../promise/read-contract.js';
import { breaking, safe, visible, type Change, type ChangeKind } from './change.js';
import { fieldChanges } from './fields.js';
import { otherChanges } from './others.js';
import { promiseChanges } from './promises.js';
import { misreads } from './resolution.js';
import { structuralChanges } from './structure.js';

const ORDER = { breaking: 0, visible: 1, safe: 2 } as const;

/**
 * What is different in `after`, in sentences a governance lead can decide on, the gravest first. Structure, codes,
 * units, meaning, classification, purposes and promises, and anything else that differs; only the version number
 * itself is no change, being what the changes ask for.
 * Without `before` the one change is the product itself. Files that cannot be read give no changes: the checks say why.
 */
export function diffVersions(before: VersionFiles | null, after: VersionFiles): Change[] {
  return diffRead(before === null ? null : readVersion(before), readVersion(after));
}

/** As `diffVersions`, of versions that are read already. */
export function diffRead(before: ReadVersion | null, after: ReadVersion): Change[] {
  const now = after.contract.contract;
  if (now === null || after.schema.root === null) return [];
  if (before === null) {
    return [
      visible(
        '$',
        'product-added',
        `${now.product} is a new product: "${now.title}", ${now.fields.length} fields.`,
      ),
    ];
  }
  const old = before.contract.contract;
  if (old === null || before.schema.root === null) {
    return [
      breaking('$', 'type', 'The version before cannot be read, so the changes cannot be told.'),
    ];
  }
  const structural = sound(before.schema.root, after.schema.root);
  const promised = fieldChanges(old.fields, now.fields).filter(
    (change) => !isTold(change, structural),
  );
  return merged([
    ...structural.filter((change) => !isEcho(change, promised)),
    ...promised,
    ...sayingChanges(before.contract, after.contract),
    ...promiseChanges(old, now),
    ...otherChanges(before.contract.odcs!, after.contract.odcs!).filter(
      (change) => !isTold(change, structural),
    ),
    ...fileChanges(before.files, after.files),
  ]);
}

/**
 * The structural changes; and should they call nothing breaking where Avro itself could not read one version as the
 * other, what Avro says, so that the verdict is never milder than Avro's.
 */
function sound(before: AvroRecord, after: AvroRecord): Change[] {
  const changes = structuralChanges(before, after);
  if (changes.some((change) => change.class === 'breaking')) return changes;
  const faults = [...misreads(after, before), ...misreads(before, after)];
  return [
    ...changes,
    ...faults.map(({ path, why }) =>
      breaking(path, 'type', `\`${path}\` cannot be read across the two versions: ${why}.`),
    ),
  ];
}

/** What the contract says only because the schema says it is told by the schema's change. */
const ECHO: ReadonlySet<ChangeKind | undefined> = new Set<ChangeKind>(['type', 'presence']);
const WHOLE: ReadonlySet<ChangeKind | undefined> = new Set<ChangeKind>([
  'field-added',
  'field-removed',
]);

function isTold(change: Change, structural: readonly Change[]): boolean {
  return structural.some((told) => {
    if (WHOLE.has(told.kind)) return isWithin(change.path, told.path);
    if (told.path !== change.path) return false;
    if (told.kind === 'naming') return WHOLE.has(change.kind);
    return told.kind === 'type' && (ECHO.has(change.kind) || change.sentence.includes(ECHOED));
  });
}

/** The schema repeats the words of the contract about a field. */
function isEcho({ kind, path }: Change, promised: readonly Change[]): boolean {
  return kind === 'wording' && promised.some((told) => told.kind === kind && told.path === path);
}

/** The one place of a contract that repeats the Avro type. */
const ECHOED = '`physicalType`';

function isWithin(path: string, outer: string): boolean {
  return path.startsWith(outer) && /^(?:\[\])?(?:\.|$)/.test(path.slice(outer.length));
}

/** Where a contract falls silent, the most careful answer is assumed, which may be what was said before. */
function sayingChanges(before: ContractRead, after: ContractRead): Change[] {
  return [...after.unsaid].flatMap(([path, now]) => {
    const old = before.unsaid.get(path);
    if (old === undefined || [...old].sort().join() === [...now].sort().join()) return [];
    const silent = now.size === 0 ? 'nothing' : [...now].join(', ');
    const sentence = `The contract now leaves unsaid of \`${path}\`: ${silent}.`;
    return [visible(path, 'classification', sentence)];
  });
}

/** Examples and whatever else lies in the folder: part of what is decided on, though no promise rests on it. */
function fileChanges(before: VersionFiles, after: VersionFiles): Change[] {
  const others = (files: VersionFiles) =>
    Object.keys(files).filter((path) => path !== CONTRACT_FILE && path !== SCHEMA_FILE);
  return [...new Set([...others(before), ...others(after)])].sort().flatMap((path) => {
    if (before[path] === after[path]) return [];
    const how =
      before[path] === undefined
        ? 'is added'
        : after[path] === undefined
          ? 'is dropped'
          : 'changes';
    return [safe(path, 'documentation', `\`${path}\` ${how}.`)];
  });
}

/** One line of documentation per place, none where other words are told of it, and the gravest first; otherwise in the order they were found. */
function merged(changes: Change[]): Change[] {
  const told = new Set(changes.filter(({ kind }) => kind === 'wording').map(({ path }) => path));
  const kept = changes.filter((change) => {
    if (change.kind !== 'documentation') return true;
    if (told.has(change.path)) return false;
    told.add(change.path);
    return true;
  });
  return kept.sort((a, b) => ORDER[a.class] - ORDER[b.class]);
}
