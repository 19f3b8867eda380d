import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whatever specs write into temporary folders lies below one, which is gone with the run. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-specs-'));
  // As the folder that it stands in: others may enter.
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
