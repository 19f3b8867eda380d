import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { contentHash, parseVersion } from '@caremesh/contract';
import type { DataContract, VersionFiles } from '@caremesh/contract';

import { ProductError } from '../errors.js';

/** A contract folder as it lies on disk: what it promises, and the hash that a decision is bound to. */
export type ContractFolder = { contract: DataContract; schema: string; hash: string };

/** Reads `<schemas>/<domain>/<product>/v<major>`. Throws `contractFolderMissing` if it cannot be read as a contract. */
export function readContractFolder(schemasDir: string, name: string): ContractFolder {
  const files = filesOf(join(schemasDir, name), name);
  const { contract, schema } = parseVersion(files);
  if (!contract || !schema) throw new ProductError('contractFolderMissing', name);
  return { contract, schema: files['schema.avsc']!, hash: contentHash(files) };
}

function filesOf(folder: string, name: string): VersionFiles {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return Object.fromEntries(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => {
          const path = join(entry.parentPath, entry.name);
          return [relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8')];
        }),
    );
  } catch {
    throw new ProductError('contractFolderMissing', name);
  }
}
