import { join } from 'node:path';
import { ROOT } from '../base-stack.js';
import type { Mesh } from '../start-mesh.js';

type Proposal = { id: string; contentHash: string };

/** A domain's product is proposed by its publisher and approved by the governance lead, in a mesh that was not filled. */
export async function publishContract(mesh: Mesh, domain: string, product: string): Promise<void> {
  const folder = join(ROOT, 'schemas', domain, product, 'v1');
  const by = ['--reason', 'Story', '--as', `${domain}-publisher`];
  const { id, contentHash } = await mesh.json<Proposal>('contract', 'propose', folder, ...by);
  const hash = ['--hash', contentHash, '--reason', 'Story', '--as', 'governance-lead'];
  await mesh.json('proposal', 'approve', id, ...hash);
}
