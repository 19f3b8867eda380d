import { InvalidArgumentError } from 'commander';

/** The number of an option, above nought. Throws what the command line tells as MESH-6508. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('A number above nought is expected.');
  return value;
}

/** The same where halves make no sense. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('A whole number above nought is expected.');
  return value;
}
