import { nhsNumberOf } from '../choices/people.js';

/** `<mailbox>-<DDMMYY>-<4 digits of a sequence within the month>`; the mailbox's own hyphens and underscores stay. */
export function requestName(mailbox: string, day: Date, sequence: number): string {
  const [year, month, date] = day.toISOString().slice(0, 10).split('-') as [string, string, string];
  return `${mailbox}-${date}${month}${year.slice(2)}-${String(sequence).padStart(4, '0')}`;
}

/** One NHS number on each line, each followed by a comma, LF line ends, no header. */
export function requestFile(numbers: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * LINE);
  for (let at = 0; at < numbers.length; at++) {
    bytes.write(`${nhsNumberOf(numbers[at]!)},\n`, at * LINE, 'latin1');
  }
  return bytes;
}

/** Ten digits, a comma, a line feed. */
export const LINE = 12;
