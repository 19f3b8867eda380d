import type avsc from 'avsc';
import { avroType, SchemaRefused } from '../avro/type.js';
import { limitBroken } from '../avro/limits.js';
import { jsonPlace } from '../avro/json-place.js';
import { repeatsName } from '../avro/repeated-names.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { compileChecks } from '../records/compile.js';
import type { Subject } from './check.js';

export type Example = { path: string; name: string; findings: Finding[]; record: unknown };

/** Files under `folder` (`examples/` or `examples/bad/`), each with what the contract has against it. */
export function readExamples(subject: Subject, folder: 'examples/' | 'examples/bad/'): Example[] {
  const check = exampleCheck(subject);
  return Object.keys(subject.files)
    .filter(
      (path) =>
        path.startsWith(folder) &&
        path.endsWith('.json') &&
        !path.slice(folder.length).includes('/'),
    )
    .sort()
    .map((path) => {
      const name = path.slice(folder.length, -'.json'.length);
      const { record, findings } = parse(path, subject.files[path]!);
      return { path, name, record, findings: findings.length > 0 ? findings : check(record) };
    });
}

function parse(path: string, text: string): { record: unknown; findings: Finding[] } {
  try {
    const record: unknown = JSON.parse(text);
    if (repeatsName(text, record))
      return unreadable(path, 'An object of the example repeats a name.');
    const broken = limitBroken(path, record);
    return { record, findings: broken === null ? [] : [broken] };
  } catch {
    return unreadable(path, `The example is not readable JSON${jsonPlace(text)}.`);
  }
}

const unreadable = (path: string, message: string) => ({
  record: null,
  findings: [finding(CONTRACT_ERRORS.jsonUnreadable, path, message)],
});

/** The contract's rules first, because they say what is wrong in words; then Avro, which must agree. */
function exampleCheck(subject: Subject): (record: unknown) => Finding[] {
  const check = compileChecks(subject.contract, { text: true });
  const type = textType(subject.schema);
  return (record) => {
    const findings = [...check(record)];
    if (findings.length === 0 && type !== null && !encodes(type, record)) {
      findings.push(
        finding(CONTRACT_ERRORS.wrongType, '', 'The Avro schema does not take the record.'),
      );
    }
    return findings;
  };
}

/** Examples may leave out what is null by default, as a producer may; writing fills those in. */
function encodes(type: avsc.Type, record: unknown): boolean {
  try {
    type.toBuffer(record);
    return true;
  } catch {
    return false;
  }
}

function textType(schema: object | null): avsc.Type | null {
  if (schema === null) return null;
  try {
    return avroType(schema, { text: true });
  } catch (error) {
    if (error instanceof SchemaRefused) return null;
    throw error;
  }
}
