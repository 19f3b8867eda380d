/** One fenced block of a guide, as printed. */
export type Snippet = { language: string; code: string; line: number };

/** The fenced code blocks of a Markdown page, in order, with the line each starts on. */
export function snippetsOf(page: string): Snippet[] {
  const found: Snippet[] = [];
  let open: { language: string; lines: string[]; line: number } | null = null;
  for (const [at, line] of page.split('\n').entries()) {
    const fence = /^```(\w*)\s*$/.exec(line);
    if (!fence) open?.lines.push(line);
    else if (!open) open = { language: fence[1]!, lines: [], line: at + 2 };
    else {
      found.push({ language: open.language, code: `${open.lines.join('\n')}\n`, line: open.line });
      open = null;
    }
  }
  return found;
}

/**
 * A shell script that runs a page's snippets in their order, in one shell, so that variables carry over as they
 * do for a reader. Python and Node snippets become files beside it and run with `$PYTHON` and `$NODE`.
 * Returns the script and the files, by name.
 */
export function scriptOf(snippets: Snippet[]): { script: string; files: Record<string, string> } {
  const files: Record<string, string> = {};
  const steps = snippets.flatMap(({ language, code, line }) => {
    const announce = `echo "--- line ${line} (${language})" >&2`;
    if (language === 'bash') return [announce, code];
    const runner = runners[language];
    if (!runner) return [];
    const name = `line-${line}.${runner.ending}`;
    files[name] = code;
    return [announce, `"$${runner.variable}" ${name}`];
  });
  return { script: ['set -euo pipefail', ...steps].join('\n'), files };
}

const runners: Record<string, { ending: string; variable: string }> = {
  python: { ending: 'py', variable: 'PYTHON' },
  js: { ending: 'mjs', variable: 'NODE' },
};
