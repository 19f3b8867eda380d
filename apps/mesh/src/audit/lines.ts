import { createReadStream } from 'node:fs';

/** A line longer than this is nothing an export of ours has: its reading ends there. */
const LONGEST_LINE = 4_194_304;

/**
 * The lines of a file, as many at a time as a read brought. A line that is longer than `longest` bytes comes
 * as null and is the last: a file of one endless line is not read into memory.
 */
export async function* linesOf(
  file: string,
  longest = LONGEST_LINE,
): AsyncGenerator<(string | null)[]> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 262_144 })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    const tooLong = lines.findIndex((line) => line.length > longest);
    if (tooLong >= 0 || rest.length > longest) {
      yield [...(tooLong < 0 ? lines : lines.slice(0, tooLong)), null];
      return;
    }
    yield lines;
  }
  if (rest !== '') yield [rest];
}
