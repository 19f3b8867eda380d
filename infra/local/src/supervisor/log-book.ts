import { existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST_BYTES = 20_000_000;

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

  /** The last lines of a component's log, for a person who must see why it will not start. */
  tail(component: string, lines = 10): string[] {
    const file = this.fileOf(component);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines);
  }
}
