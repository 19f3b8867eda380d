import { onClosedPipes } from './closed-pipes.js';
import { processIo } from './io.js';
import { run } from './program.js';

const argv = process.argv.slice(2);
onClosedPipes(argv, process);

const code = await run(argv, processIo());
// A command ends when its work does: a client's socket or timer that lingers must not hold the caller. What was
// written is out first.
process.stdout.write('', () => process.exit(code));
