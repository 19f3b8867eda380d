type Stream = { on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown };

type Outside = { stdout: Stream; stderr: Stream; exit: (code: number) => void };

/**
 * What a command does when nobody reads it any more. `mesh product list | head` closes its data early: it ends, and that is no
 * error. `mesh up` goes on without being read: ended halfway, it would leave a mesh that is half filled and that nobody stops.
 * Progress and errors that nobody reads end nothing.
 */
export function onClosedPipes(argv: readonly string[], { stdout, stderr, exit }: Outside): void {
  stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    if (!argv.includes('up')) exit(0);
  });
  stderr.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
