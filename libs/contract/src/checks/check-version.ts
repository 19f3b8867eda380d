import type { VersionFiles } from '../envelope/hash.js';
import type { Finding } from '../errors.js';
import { diffRead } from '../evolution/diff.js';
import { readVersion, type ReadVersion } from '../promise/parse-version.js';
import { realNumbersIn } from '../records/nhs-number.js';
import type { Check, CheckContext, Subject } from './check.js';
import { FILE_RULES, RULES } from './list.js';
import { standardChecks } from './standard-checks.js';
import { withWaivers } from './waivers.js';

/** More of the same kind helps nobody; the first are usually the cause of the rest. */
const MOST = 25;

/**
 * Runs every check on a proposed version, and answers for each: passed once, or failed once per thing found. The rules
 * of standards come last, those of each standard the contract conforms to or must; a waived failure warns.
 * Never throws for what is in the files. A version may be approved when no check of severity `blocks` failed.
 */
export function checkVersion(files: VersionFiles, context: CheckContext = {}): Check[] {
  const version = readVersion(files);
  const fileChecks = FILE_RULES.flatMap((rule) =>
    answers(rule.name, rule.severity, rule.run(version)),
  );
  const subject = subjectOf(version, context);
  if (subject === null) return fileChecks;
  const checks = [
    ...fileChecks,
    ...RULES.flatMap((rule) => answers(rule.name, rule.severity, rule.run(subject))),
    ...standardChecks(subject).flatMap(({ name, severity, findings }) =>
      answers(name, severity, findings),
    ),
  ];
  return withWaivers(checks, context.waivers ?? []);
}

function subjectOf(version: ReadVersion, context: CheckContext): Subject | null {
  const { contract } = version.contract;
  if (contract === null) return null;
  const latest = context.latest === undefined ? null : readVersion(context.latest);
  return {
    files: version.files,
    contract,
    read: version.contract,
    root: version.schema.root,
    schema: version.schema.schema,
    latest: latest?.contract.contract ?? null,
    changes: latest === null ? [] : diffRead(latest, version),
    context,
  };
}

const UNTOLD =
  'A name that stands there is not repeated, because it holds what could be a number of somebody.';

/** What a check says is kept, and read by many: should a file or field be named after a person, it does not say so. */
const isUntold = (text: string): boolean => realNumbersIn(text).length > 0;

function answers(name: string, severity: Check['severity'], findings: Finding[]): Check[] {
  if (findings.length === 0)
    return [{ name, severity, outcome: 'passed', path: null, reason: null, fix: null }];
  return findings.slice(0, MOST).map((found) => ({
    name,
    severity: found.severity === 'warning' && severity === 'blocks' ? 'warns' : severity,
    outcome: 'failed',
    path: isUntold(found.path) ? '$' : found.path,
    reason: isUntold(found.message) ? UNTOLD : found.message,
    fix: found.fix,
    code: found.code,
  }));
}
