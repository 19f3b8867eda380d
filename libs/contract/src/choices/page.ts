import { CHOICES, RULES } from './table.js';
import type { Choice } from './table.js';

/** The decision table as Markdown, for `docs/guide/choices.md`. */
export function choicesPage(): string {
  return (Object.keys(CHOICES) as Choice[]).map(section).join('\n');
}

function section(choice: Choice): string {
  const { title, made, place } = CHOICES[choice];
  const rows = RULES.filter((rule) => rule.choice === choice).map(
    ({ condition, applies, reason }) => [condition, applies ? 'applies' : 'exempt', reason],
  );
  const all = [['if', 'then', 'because'], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const table = [line(all[0]!), rule, ...all.slice(1).map(line)].join('\n');
  return `### ${title}\n\nMade ${made}. In force at ${place}.\n\n${table}\n`;
}
