import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { validateStandard } from '../promise/validate.js';
import { isStandardMove, openStandardMoves } from './lifecycle.js';
import { namesOf, standardKey, type Standard } from './standard.js';

/** An entry of the catalogue, read: the standard, or everything that is wrong with it. */
export type StandardRead = { standard: Standard | null; findings: Finding[] };

/**
 * Reads a catalogue entry, such as a parsed JSON file. `before` is what the catalogue holds under the identifier now.
 * Never throws for what is in it; `standard` is null when anything is wrong.
 */
export function readStandard(value: unknown, before: Standard | null = null): StandardRead {
  const invalid = validateStandard(value);
  if (invalid.length > 0) return { standard: null, findings: invalid };
  const standard = value as Standard;
  const findings = [
    ...mandationFindings(standard),
    ...dateFindings(standard),
    ...nameFindings(standard),
    ...moveFindings(standard, before),
  ];
  return { standard: findings.length === 0 ? standard : null, findings };
}

function wrong(path: string, message: string, fix: string): Finding {
  return finding(CONTRACT_ERRORS.standardContradicts, `standard#${path}`, message, { fix });
}

function mandationFindings({ mandation, state, conformanceDate }: Standard): Finding[] {
  const mandated = mandation.status === 'mandated';
  if (mandated && mandation.legalBasis === null)
    return [
      wrong(
        'mandation.legalBasis',
        'It is mandated and does not say on what legal basis.',
        'Name the law and the notice that make it mandatory.',
      ),
    ];
  if (!mandated && conformanceDate !== null)
    return [
      wrong(
        'conformanceDate',
        'It has a conformance date and is not mandated.',
        'Leave the date out, or say by what it is mandated.',
      ),
    ];
  if (mandated && state === 'retired')
    return [
      wrong(
        'mandation.status',
        'It is retired and still mandated.',
        'Withdraw the mandate with the standard.',
      ),
    ];
  return [];
}

function dateFindings({ effectiveFrom, conformanceDate }: Standard): Finding[] {
  if (effectiveFrom === null || conformanceDate === null || effectiveFrom <= conformanceDate)
    return [];
  return [
    wrong(
      'conformanceDate',
      'It must be followed before it takes effect.',
      'Put the conformance date on or after effectiveFrom.',
    ),
  ];
}

function nameFindings(standard: Standard): Finding[] {
  const names = namesOf(standard);
  const own = [...standard.dependencies, standard.successor ?? '']
    .map(standardKey)
    .some((name) => names.includes(name));
  const findings = own
    ? [wrong('dependencies', 'It builds on or follows itself.', 'Take its own identifier out.')]
    : [];
  const rules = standard.rules.map(({ name }) => name);
  if (new Set(rules).size < rules.length)
    findings.push(wrong('rules', 'Two of its rules have one name.', 'Name each rule differently.'));
  return findings;
}

function moveFindings(standard: Standard, before: Standard | null): Finding[] {
  if (before === null || isStandardMove(before.state, standard.state)) return [];
  return [
    wrong(
      'state',
      `A standard cannot go from ${before.state} to ${standard.state}.`,
      `The moves open are ${openStandardMoves(before.state)}.`,
    ),
  ];
}
