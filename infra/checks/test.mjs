// `npm test`: runs under whatever Node the machine has, before anything is installed.
import { checks, phases } from './checks.mjs';
import { prepare, root } from '../local/prepare.mjs';
import { runCheck } from './run-check.mjs';

const only = process.argv.slice(2);
// A name that is none would run nothing, and nothing that fails looks like success. Said before anything is installed.
const unknown = only.filter((wanted) => !checks.some(({ name }) => name === wanted));
if (unknown.length > 0) {
  console.log(`No such check: ${unknown.map((name) => `"${name}"`).join(', ')}. There are:`);
  for (const { name } of checks) console.log(`  ${name}`);
  console.log(`\n0 passed, ${unknown.length} failed`);
  process.exit(1);
}
await prepare();
// All is built. Were specs to build again beside each other, one could take a module away for a moment while another's mesh loads it.
process.env.CAREMESH_BUILT = root;

// A check in no lane would be left out, and nobody would know.
const left = checks.filter(({ lane }) => !phases.flat().includes(lane));
if (left.length > 0) throw new Error(`In no lane: ${left.map(({ name }) => name).join(', ')}`);

const results = [];
const began = Date.now();
const wanted = checks.filter((c) => only.length === 0 || only.includes(c.name));
for (const lanes of phases)
  await Promise.all(lanes.map((name) => inTurn(wanted.filter(({ lane }) => lane === name))));

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
