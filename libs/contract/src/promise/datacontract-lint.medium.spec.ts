import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { publishedFolders, SCHEMAS } from '../published.fixture.js';

const run = promisify(execFile);

/** Pinned: another release checks against other schemas. The folder's name holds it, so a new pin is a new folder. */
const RELEASE = 'datacontract-cli==1.2.8';
const VENV = resolve(import.meta.dirname, '../../../../tmp', RELEASE.replace('==', '-'));
const COMMAND = join(VENV, 'bin/datacontract');

/** Installs the outside linter into tmp/ (not committed) unless it is there already. */
async function install(): Promise<void> {
  try {
    await access(COMMAND);
  } catch {
    await mkdir(VENV, { recursive: true });
    await run('python3', ['-m', 'venv', VENV]);
    await run(join(VENV, 'bin/pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      RELEASE,
    ]);
  }
}

describe('datacontract lint', () => {
  beforeAll(install, 170_000);

  it.each(publishedFolders())('passes %s', async (folder) => {
    const { stdout } = await run(COMMAND, ['lint', join(SCHEMAS, folder, 'contract.odcs.yaml')]);
    expect(stdout).toContain('Data contract is valid.');
  });

  it('refuses a contract that ODCS does not allow', async () => {
    const wrong = join(VENV, 'wrong.odcs.yaml');
    await writeFile(
      wrong,
      'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\ncolour: red\n',
    );
    await expect(run(COMMAND, ['lint', wrong])).rejects.toMatchObject({ code: 1 });
  });
});
