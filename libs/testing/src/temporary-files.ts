import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;

/** Whatever specs write into temporary folders lies below one, which is gone with the run. */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'caremesh-specs-'));
  // As the folder that it stands in: others may enter.
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
