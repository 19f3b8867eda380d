import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findDomains, findServices } from './workspace.js';

function checkout(apps: Record<string, { tags: string[]; ports?: string[]; main?: boolean }>) {
  const root = mkdtempSync(join(tmpdir(), 'caremesh-workspace-'));
  for (const [name, { tags, ports, main = true }] of Object.entries(apps)) {
    const folder = join(root, 'apps', name);
    mkdirSync(join(folder, 'src'), { recursive: true });
    const caremesh = ports ? { ports } : undefined;
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ nx: { tags }, caremesh }));
    if (main) writeFileSync(join(folder, 'src', 'main.ts'), '');
  }
  return root;
}

it('finds a domain by its tags, wherever its name is not written down', () => {
  const root = checkout({
    'mental-health': { tags: ['layer:domain', 'domain:mental-health'], ports: ['mllp'] },
    governance: { tags: ['layer:governance'] },
    identity: { tags: ['layer:identity'] },
    mesh: { tags: ['layer:mesh'] },
  });
  expect(findServices(root).map(({ name, kind, ports }) => [name, kind, ports])).toEqual([
    ['identity', 'service', []],
    ['governance', 'service', []],
    ['mental-health', 'domain', ['mllp']],
  ]);
});

it('seeds people of a domain whose service is not written yet, but starts no such service', () => {
  const root = checkout({ gp: { tags: ['layer:domain', 'domain:gp'], main: false } });
  expect(findDomains(root)).toEqual(['gp']);
  expect(findServices(root)).toEqual([]);
});
