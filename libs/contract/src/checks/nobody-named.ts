import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';
import { SCHEMA_FILE, type ReadVersion } from '../promise/parse-version.js';
import { CONTRACT_FILE } from '../promise/read-contract.js';
import { realNumbersIn as real } from '../records/nhs-number.js';
import type { FileRule } from './check.js';

/**
 * No text of any file of the version, comments and names included, holds what could be somebody's NHS number: ten digits
 * with a good check digit, outside the range that is set aside for tests. All of it is published for everybody to read.
 * A code of SNOMED CT may have ten digits too: where a code is due, one with that system's own check digit is a code.
 */
export const nobodyNamed: FileRule = {
  name: 'nobody-named',
  severity: 'blocks',
  run: (version) =>
    Object.entries(version.files).flatMap(([file, text]) =>
      typeof text === 'string' ? inFile(version, file, text) : [],
    ),
};

function inFile(version: ReadVersion, file: string, text: string): Finding[] {
  // The name itself would be repeated by the path.
  if (real(file).length > 0) return [named('examples', 'The name of a file')];
  const value = valueOf(version, file, text);
  const settled = new Set<string>();
  const coded = new Set(
    (version.contract.contract?.fields ?? []).flatMap(({ name, codes }) => (codes ? [name] : [])),
  );
  const found = value === undefined ? [] : inValue(file, value, { settled, coded });
  const unseen = real(text).filter((number) => !settled.has(number));
  // What stands in no value stands in a comment, or in a file that cannot be read.
  return found.length > 0 || unseen.length === 0 ? found : [named(file, 'The file')];
}

function named(path: string, what: string): Finding {
  return finding(
    CONTRACT_ERRORS.personNamed,
    path,
    `${what} holds what could be somebody's NHS number.`,
  );
}

function valueOf({ contract }: ReadVersion, file: string, text: string): unknown {
  if (file === CONTRACT_FILE) return contract.odcs ?? undefined;
  if (file !== SCHEMA_FILE && !file.endsWith('.json')) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A value, and where it stands. The way to it is told backwards: written out for each, it would be as long as that lies deep. */
type Place = { step: string; key: string; value: unknown; within: Place | null };
/** Names of the fields that hold codes; and the numbers that were seen and are nobody's, or told of elsewhere. */
type Known = { coded: ReadonlySet<string>; settled: Set<string> };

/** More of them say no more than the first few do. */
const MOST = 25;
/** No path that somebody could follow is longer. */
const DEEPEST = 100;

/** The first places of a value that hold one, but for codes where a code is due. What this costs grows as the file does. */
function inValue(file: string, value: unknown, { coded, settled }: Known): Finding[] {
  const findings: Finding[] = [];
  // A list of its own instead of recursion: a file may be nested deeper than the stack is.
  const left: Place[] = [{ step: '', key: '', value, within: null }];
  for (let place = left.pop(); place && findings.length < MOST; place = left.pop()) {
    if (typeof place.value === 'object' && place.value !== null) {
      if (holdsName(place.value)) findings.push(named(pathOf(file, place), 'A name'));
      for (const inner of inside(place, place.value)) left.push(inner);
      continue;
    }
    if (typeof place.value !== 'string' && typeof place.value !== 'number') continue;
    const text = String(place.value);
    const numbers = real(text);
    if (numbers.length === 0) continue;
    const isCode = (CODES.has(place.key) || coded.has(place.key)) && isSnomedCode(text);
    if (isCode || isToldOfExamples(file, place)) numbers.forEach((one) => settled.add(one));
    else findings.push(named(pathOf(file, place), 'The text'));
  }
  return findings;
}

/** Whether a name in it is such a number; that it is told of once, by the place that has it, is enough. */
const holdsName = (value: object): boolean =>
  !Array.isArray(value) && Object.keys(value).some((name) => real(name).length > 0);

/** The places inside one, in the order in which they are to be taken from the end; without those of a name that is a number. */
function inside(place: Place, value: object): Place[] {
  const isList = Array.isArray(value);
  return Object.entries(value)
    .filter(([name]) => isList || real(name).length === 0)
    .map(([name, inner]: [string, unknown]) => ({
      step: isList ? `[${name}]` : `${place.within ? '.' : ''}${name}`,
      key: isList ? place.key : name,
      value: inner,
      within: place,
    }))
    .reverse();
}

function pathOf(file: string, place: Place): string {
  const steps: string[] = [];
  for (let at: Place | null = place; at; at = at.within) steps.push(at.step);
  return `${file}#${steps.reverse().slice(0, DEEPEST).join('')}`;
}

/** The one place of which `examples-good` speaks. */
function isToldOfExamples(file: string, { step, within }: Place): boolean {
  const isTop = within !== null && within.within === null;
  return /^examples\/[^/]+\.json$/.test(file) && isTop && step === 'nhsNumber';
}

/** Where a contract has codes: an entry of a code list, and examples of a field's values. */
const CODES: ReadonlySet<string> = new Set(['code', 'examples']);

/** Ten digits as SNOMED CT makes them: the partition of a concept or a description, then a Verhoeff check digit. */
function isSnomedCode(text: string): boolean {
  return /^[1-9]\d{6}0[01]\d$/.test(text) && verhoeff(text) === 0;
}

/** SNOMED CT takes the check digit of Verhoeff's scheme: the dihedral group of the pentagon, and a permutation by place. */
function verhoeff(digits: string): number {
  let check = 0;
  for (let i = 0; i < digits.length; i++) {
    let digit = Number(digits[digits.length - 1 - i]);
    for (let turn = 0; turn < i % 8; turn++) digit = PERMUTED[digit]!;
    check = product(check, digit);
  }
  return check;
}

const PERMUTED = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/** Turns of the pentagon are 0 to 4, its reflections 5 to 9. */
function product(one: number, other: number): number {
  const [turn, by] = [one % 5, other % 5];
  const sum = one < 5 ? (turn + by) % 5 : (turn - by + 5) % 5;
  return one < 5 === other < 5 ? sum : sum + 5;
}
