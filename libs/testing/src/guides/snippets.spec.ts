import { describe, expect, it } from 'vitest';
import { scriptOf, snippetsOf } from './snippets.js';

const page = [
  '# A guide',
  '```bash',
  'X=1',
  '```',
  'words',
  '```python',
  'print(1)',
  '```',
  '```json',
  '{}',
  '```',
].join('\n');

describe('the snippets of a guide', () => {
  it('come in their order, with language and line', () => {
    expect(snippetsOf(page)).toEqual([
      { language: 'bash', code: 'X=1\n', line: 3 },
      { language: 'python', code: 'print(1)\n', line: 7 },
      { language: 'json', code: '{}\n', line: 10 },
    ]);
  });

  it('run in one shell, other languages from files; what cannot run is left out', () => {
    const { script, files } = scriptOf(snippetsOf(page));
    expect(script).toBe(
      'set -euo pipefail\necho "--- line 3 (bash)" >&2\nX=1\n\necho "--- line 7 (python)" >&2\n"$PYTHON" line-7.py',
    );
    expect(files).toEqual({ 'line-7.py': 'print(1)\n' });
  });
});
