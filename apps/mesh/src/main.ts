import { processIo } from './io.js';
import { run } from './program.js';

// `mesh product list | head` closes our stdout early: that is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await run(process.argv.slice(2), processIo());
// A command ends when its work does: a client's socket or timer that lingers must not hold the caller. What was
// written is out first.
process.stdout.write('', () => process.exit(code));
