import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import {
  compareSemver,
  nextVersion,
  parseSemver,
  type SemanticVersion,
} from '../evolution/step.js';
import type { Rule, Subject } from './check.js';

const PLACE = 'contract.odcs.yaml#version';

/** The version is new, and one legal step from the latest: a breaking change opens a new major. */
export const versionStep: Rule = {
  name: 'version-step',
  severity: 'blocks',
  run: (subject) => {
    const { version } = subject.contract;
    const parsed = parseSemver(version);
    if (parsed === null)
      return [
        finding(
          CONTRACT_ERRORS.versionNotSemver,
          PLACE,
          'The version is not written major.minor.patch.',
        ),
      ];
    if (taken(subject))
      return [finding(CONTRACT_ERRORS.versionTaken, PLACE, `Version ${version} exists already.`)];
    return subject.latest === null ? firstFindings(parsed, version) : stepFindings(subject, parsed);
  },
};

function taken({ contract, latest, context }: Subject): boolean {
  return (
    latest?.version === contract.version ||
    (context.existingVersions ?? []).includes(contract.version)
  );
}

function firstFindings(parsed: SemanticVersion, version: string): Finding[] {
  if (parsed.major === 1 && parsed.minor === 0 && parsed.patch === 0) return [];
  return [
    finding(
      CONTRACT_ERRORS.versionFirst,
      PLACE,
      `The first version of a product is 1.0.0, not ${version}.`,
      {
        fix: 'Write 1.0.0. Of a product that is published, `npx mesh contract diff` knows the version before, and `lint` is told of it by --after <folder>.',
      },
    ),
  ];
}

function stepFindings({ contract, latest, changes }: Subject, parsed: SemanticVersion): Finding[] {
  const before = parseSemver(latest!.version);
  if (before === null || isLegalStep(before, parsed, nextVersion(before, changes))) return [];
  const due = nextVersion(before, changes);
  const gravest = changes[0];
  const because =
    gravest === undefined
      ? 'nothing changed'
      : `the gravest change is ${gravest.class}: ${gravest.sentence}`;
  return [
    finding(
      CONTRACT_ERRORS.versionStep,
      PLACE,
      `From ${latest!.version} the next version is ${due}, not ${contract.version}; ${because}`,
      {
        fix: due.endsWith('.0.0')
          ? `Undo the breaking change, or propose it as ${due} in a new folder v${before.major + 1}.`
          : `Write ${due}.`,
      },
    ),
  ];
}

/** The step due, or a larger single one: a minor for a mere rewording is allowed, a patch for a new field is not. */
function isLegalStep(before: SemanticVersion, after: SemanticVersion, due: string): boolean {
  const text = `${after.major}.${after.minor}.${after.patch}`;
  const steps = [
    `${before.major}.${before.minor}.${before.patch + 1}`,
    `${before.major}.${before.minor + 1}.0`,
    `${before.major + 1}.0.0`,
  ];
  return compareSemver(after, before) > 0 && steps.indexOf(text) >= steps.indexOf(due);
}
