import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

const LARGEST_BYTES = 20_000_000;
const LONGEST_LINE = 200;

/** How long each log was at some moment: what comes behind is of whoever started then. */
export type LogMarks = ReadonlyMap<string, number>;

/** MESH_HOME/logs: one file per component, and the supervisor's own words about each. */
export class LogBook {
  constructor(
    private readonly folder: string,
    private readonly say: (line: string) => void = () => undefined,
  ) {
    mkdirSync(folder, { recursive: true });
  }

  fileOf(component: string): string {
    return join(this.folder, `${component}.log`);
  }

  /** Opens a component's log to append to; a large one is set aside first (one older file is kept). */
  open(component: string): number {
    const file = this.fileOf(component);
    if (existsSync(file) && statSync(file).size > LARGEST_BYTES) renameSync(file, `${file}.1`);
    return openSync(file, 'a', 0o600);
  }

  note(component: string, text: string): void {
    this.say(`${new Date().toISOString()} ${component}: ${text}\n`);
  }

  marks(): LogMarks {
    const sizes = readdirSync(this.folder).map((name): [string, number] => [
      join(this.folder, name),
      statSync(join(this.folder, name), { throwIfNoEntry: false })?.size ?? 0,
    ]);
    return new Map(sizes);
  }

  /** The last lines of a component's log behind the mark, for a person who must see why it will not start: in short. */
  tail(component: string, marks: LogMarks, lines = 10): string[] {
    const file = this.fileOf(component);
    if (!existsSync(file)) return [];
    const bytes = readFileSync(file);
    const mark = marks.get(file) ?? 0;
    // One that is shorter than it was has been set aside, and began anew.
    const text = bytes.subarray(mark > bytes.length ? 0 : mark).toString('utf8');
    return text
      .split('\n')
      .filter((line) => !STACK_FRAME.test(line))
      .map((line) => inShort(line).slice(0, LONGEST_LINE))
      .filter((line, at, all) => line !== '' && line !== all[at - 1])
      .slice(-lines);
  }
}

const STACK_FRAME = /^\s+(?:at |\.{3} \d+ )/;

/** Of a line of JSON what happened and its code: the rest, such as a stack trace, is for whoever opens the file. */
function inShort(line: string): string {
  try {
    const said = JSON.parse(line) as { msg?: unknown; code?: unknown; err?: { code?: unknown } };
    const code = said.code ?? said.err?.code;
    return `${String(said.msg ?? '')}${code === undefined ? '' : ` [${String(code)}]`}`.trim();
  } catch {
    return line.trimEnd();
  }
}
