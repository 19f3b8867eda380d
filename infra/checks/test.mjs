// `npm test`: runs under whatever Node the machine has, before anything is installed.
import { checks } from './checks.mjs';
import { prepare, root } from '../local/prepare.mjs';
import { runCheck } from './run-check.mjs';

const only = process.argv.slice(2);
await prepare();
// All is built. Were specs to build again beside each other, one could take a module away for a moment while another's mesh loads it.
process.env.CAREMESH_BUILT = root;

const results = [];
const began = Date.now();
const wanted = checks.filter((c) => only.length === 0 || only.includes(c.name));
// What needs a stack waits more than it works: two lanes of it share the two cores, once all else is done.
await inTurn(wanted.filter(({ lane }) => lane === undefined));
await Promise.all(
  ['rooms', 'stories'].map((name) => inTurn(wanted.filter(({ lane }) => lane === name))),
);

async function inTurn(lane) {
  for (const check of lane) {
    const result = await runCheck(check);
    results.push({ name: check.name, ...result });
    console.log(
      `${result.failed ? 'FAIL' : 'ok  '} ${check.name} (${result.seconds.toFixed(1)} s, ${result.passed} passed, ${result.failed} failed)`,
    );
    if (result.failed) console.log(result.output);
  }
}

// Whoever reads only the end of a long log must see what failed.
for (const { name, why } of results.flatMap(({ failures }) => failures)) {
  console.log(`\nFAILED ${name}\n${why}`);
}

const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const failing = results.filter((result) => result.failed).map((result) => result.name);
console.log(
  `\n${((Date.now() - began) / 1000).toFixed(0)} s in ${results.length} checks${failing.length ? `; failing: ${failing.join(', ')}` : ''}`,
);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
