import { access } from './benches/access.js';
import { catalogue } from './benches/catalogue.js';
import { choices } from './benches/choices.js';
import { contract } from './benches/contract.js';
import { disclosure } from './benches/disclosure.js';
import { fileToTopic } from './benches/file-to-topic.js';
import { httpLatency } from './benches/http-latency.js';
import { ledger } from './benches/ledger.js';
import { mllp } from './benches/mllp.js';
import { publish } from './benches/publish.js';
import { quota } from './benches/quota.js';
import { relay } from './benches/relay.js';
import { snapshot } from './benches/snapshot.js';
import { startUp } from './benches/start-up.js';
import { BenchMesh } from './mesh/bench-mesh.js';
import type { Rig } from './mesh/rig.js';
import { Topics } from './mesh/topics.js';
import { line, reportOf, type Result } from './measure/report.js';

/**
 * Every measurement, by the name it is called with. `npm run bench -- publish mllp` runs two of them. What is measured in
 * milliseconds comes before what writes much: a disk that still writes back is slow to confirm single records (ADR 028).
 * Starting and memory are those of the mesh that `npm start` gives; what it takes after all the others is printed too.
 */
const BENCHES: Record<string, (rig: Rig) => Promise<Result[]>> = {
  'start-up': startUp,
  'http-latency': httpLatency,
  mllp,
  publish,
  'file-to-topic': fileToTopic,
  quota,
  relay,
  ledger,
  contract,
  catalogue,
  access,
  choices,
  disclosure,
  snapshot,
};

const asked = process.argv.slice(2).filter((name) => !name.startsWith('--'));
const rounds = Number(/--rounds=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 5);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0)
  throw new Error(
    `No measurement is called ${unknown.join(', ')}: ${Object.keys(BENCHES).join(', ')}`,
  );

const say = (text: string) => process.stdout.write(`${text}\n`);
const mesh = await BenchMesh.start();
const topics = new Topics(mesh);
let results: Result[] = [];
try {
  for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) {
    say(`\n${name} (${rounds} rounds)`);
    // What fails is printed as what it is; the other measurements go on.
    const found = await BENCHES[name]!({ mesh, topics, rounds }).catch((error: unknown) => [
      line(
        `${name} could not be measured`,
        error instanceof Error ? error.message : String(error),
        '',
        false,
      ),
    ]);
    results = [...results, ...found];
    say(reportOf(found));
  }
  results.push(
    line('All parts together (PSS), at the end', `${Math.round(mesh.memoryMb())} MiB`, '', null),
  );
} finally {
  await topics.close();
  await mesh.stop();
}
say(`\n${reportOf(results)}`);
