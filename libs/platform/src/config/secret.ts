import { readFileSync } from 'node:fs';

import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';
import { Sensitive } from '../log/sensitive.js';

/**
 * The text of a secret file, without the line end an editor leaves. Throws MESH-5002 if the file is
 * missing, empty or not readable.
 */
export function readSecret(file: string): Sensitive<string> {
  const text = contentOf(file).trimEnd();
  if (text === '') throw problem(platformErrors.secretUnreadable, `${file} is empty`);
  return new Sensitive(text);
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw problem(platformErrors.secretUnreadable, file, [], cause);
  }
}
