import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { GrantedView } from '../grants/governance.js';

type Version = { files: Record<string, string>; schemaId: number };

/** As much of governance's HTTP interface as the service asks for; `granted` may change while it runs. */
export async function governanceStandIn(
  granted: readonly GrantedView[],
  versionOf: (product: string) => Version,
  schemaIdsOf: (topic: string) => number[],
  major = 1,
): Promise<{ url: string; close(): void }> {
  const answer = (path: string): unknown => {
    const url = new URL(path, 'http://governance');
    const [, , what, id = ''] = url.pathname.split('/');
    if (what === 'grants') return { items: granted.map(toGrant), next: null };
    if (what === 'approved-schemas') {
      const ids = schemaIdsOf(url.searchParams.get('topic') ?? '');
      return { items: ids.map((schemaId) => ({ schemaId, version: '1.0.0' })), next: null };
    }
    const name = decodeURIComponent(id);
    if (what === 'versions') return { files: versionOf(name).files };
    const { schemaId } = versionOf(name);
    // The product's name stands for the hash: this stand-in keeps one version of each.
    return {
      majors: [{ major, versions: [{ version: '1.0.0', contentHash: name, schemaId }] }],
    };
  };
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(request.url ?? '')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

function toGrant({ grantId, recipient, topic, schemaId, commonLaw }: GrantedView) {
  return {
    id: grantId,
    kind: 'view',
    state: 'active',
    ...recipient,
    legalBasis: { commonLaw },
    topics: [{ topic, ready: true, viewSchemaId: schemaId }],
  };
}
