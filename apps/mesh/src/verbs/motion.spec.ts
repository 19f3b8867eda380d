import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

const hash = `sha256:${'a'.repeat(64)}`;
const motion = { id: 'm1', state: 'approved', contentHash: hash, proposedBy: 'user-ig-lead' };
const policy = {
  ...{ ...motion, reason: 'Reference data', inForce: true, demands: { research: ['dpia'] } },
  autoGrant: [
    {
      ...{ name: 'reference-data', purposes: ['audit'], organisations: ['QUY'] },
      ...{ products: ['gp.x'], classifications: ['none'], longestDays: 30 },
    },
  ],
};

describe('mesh grant-policy', () => {
  it('proposes what a file says, for the reason given', async () => {
    const { mesh, asked, io, out } = await meshAnswering(policy, 201);
    const { demands, autoGrant } = policy;
    writeFileSync(join(io.cwd, 'policy.json'), JSON.stringify({ demands, autoGrant }));
    const line = ['propose', 'policy.json', '--reason', 'Reference data'];
    expect(await mesh('grant-policy', ...line)).toBe(0);
    expect(asked).toEqual([
      {
        ...{ method: 'POST', url: '/v1/grant-policies' },
        body: { demands, autoGrant, reason: 'Reference data' },
      },
    ]);
    for (const part of ['approved, in force', 'demands of research', 'reference-data', '30 days'])
      expect(out()).toContain(part);
  });

  it('lists and shows them', async () => {
    const { mesh, asked, out } = await meshAnswering({ ...policy, items: [policy] });
    expect(await mesh('grant-policy', 'list')).toBe(0);
    expect(await mesh('grant-policy', 'show', 'm1')).toBe(0);
    expect(asked.map(({ url }) => url)).toEqual(['/v1/grant-policies', '/v1/grant-policies/m1']);
    expect(out()).toContain(hash);
  });
});

describe('a motion', () => {
  it('is decided by the hash of what was read, and ended for a reason', async () => {
    const { mesh, asked } = await meshAnswering(policy);
    expect(await mesh('grant-policy', 'approve', 'm1', '--reason', 'Yes')).toBe(2);
    const read = ['--hash', hash, '--reason', 'Yes'];
    expect(await mesh('grant-policy', 'approve', 'm1', ...read)).toBe(0);
    expect(await mesh('agreement', 'refuse', 'm2', ...read)).toBe(0);
    expect(await mesh('pseudonym-key', 'approve', 'm3', ...read)).toBe(0);
    expect(await mesh('grant-policy', 'end', 'm1', '--reason', 'Over')).toBe(0);
    const decided = (decision: string) => ({ decision, contentHash: hash, reason: 'Yes' });
    expect(asked.map(({ url, body }) => [url, body])).toEqual([
      ['/v1/grant-policies/m1/decisions', decided('approve')],
      ['/v1/agreements/m2/decisions', decided('refuse')],
      ['/v1/pseudonym-key-changes/m3/decisions', decided('approve')],
      ['/v1/grant-policies/m1/end', { reason: 'Over' }],
    ]);
  });
});
