import type { Command } from 'commander';

/** The options of a list that comes page by page. */
export type PageOptions = { limit?: string; cursor?: string };

/** Adds them. What `--cursor` takes is the answer's `next`, which `print` names for people. */
export function paged(command: Command): Command {
  return command
    .option('--limit <number>', 'how many on a page')
    .option('--cursor <cursor>', 'the "next" of the page before');
}

/** The page that was asked for, as a query says it. */
export const pageOf = ({ limit, cursor }: PageOptions): PageOptions => ({
  ...(limit !== undefined && { limit }),
  ...(cursor !== undefined && { cursor }),
});
