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

/**
 * The same people in an order of chance, another for each request: an answer that is cut short then leaves out others each
 * time, and of those beside each other in the request none has to do with the next.
 */
export function shuffled(numbers: Uint32Array): Uint32Array {
  const order = numbers.slice();
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

/** Ten digits, a comma, a line feed. */
export const LINE = 12;
