import type { BenchMesh } from './bench-mesh.js';
import type { Topics } from './topics.js';

/** What every measurement gets: a running mesh, a look into Kafka, and how many rounds to run. */
export type Rig = { mesh: BenchMesh; topics: Topics; rounds: number };

/** The latest schema of a subject, read from the registry. */
export async function schemaOf(
  mesh: BenchMesh,
  subject: string,
): Promise<{ id: number; schema: string; fields: { name: string; type: unknown }[] }> {
  const answer = await fetch(`${mesh.status.registry.url}/subjects/${subject}/versions/latest`);
  if (!answer.ok) throw new Error(`The registry has no ${subject}: ${answer.status}`);
  const { id, schema } = (await answer.json()) as { id: number; schema: string };
  return {
    id,
    schema,
    fields: (JSON.parse(schema) as { fields: { name: string; type: unknown }[] }).fields,
  };
}
