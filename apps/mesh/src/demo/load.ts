import { addresses } from '../addresses.js';
import type { Io } from '../io.js';
import { publishContracts } from './contracts.js';
import { firstRecords } from './first-records.js';
import { takeInSources } from './sources.js';
import { viewOf } from './views.js';

/** Whose views the analyst is given, as far as the mesh has them. */
const SHOWN = ['gp.medication-statement', 'acute.inpatient-spell'];
const RECORDS = 2;

/** Fills an empty mesh over the public API. Idempotent: what is there already is left as it is. */
export async function loadDemo(io: Io): Promise<void> {
  const { domains } = await addresses(io);
  io.stderr('Demonstration: contracts\n');
  const products = await publishContracts(
    io,
    domains.map(({ name }) => name),
  );
  io.stderr('Demonstration: source files of 200 synthetic people\n');
  await takeInSources(io);
  io.stderr('Demonstration: an analyst’s views\n');
  for (const product of SHOWN.filter((one) => products.includes(one))) await showView(io, product);
}

async function showView(io: Io, product: string): Promise<void> {
  const { grant, credential } = await viewOf(io, product);
  const topic = grant.topics[0]?.topic ?? '';
  const records = await firstRecords(credential, topic, RECORDS);
  io.stdout(`\n${topic}\n`);
  for (const record of records) io.stdout(`  ${JSON.stringify(told(record))}\n`);
  if (records.length === 0) io.stdout('  no record yet\n');
}

/** A record without what it does not say, so that a line can be read. */
function told(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(
      ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
