import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

const HASH = `sha256:${'0'.repeat(64)}`;

describe('mesh standard', () => {
  it('asks for what its options say', async () => {
    const { mesh, asked, out } = await meshAnswering({ items: [], next: null });
    const line = ['--care-setting', 'community', '--use-case', 'referrals', '--mandated'];
    expect(await mesh('standard', 'list', 'care', 'plan', ...line)).toBe(0);
    expect(asked[0]?.url).toBe(
      '/v1/standards?q=care+plan&careSetting=community&useCase=referrals&mandated=true&limit=200',
    );
    expect(out()).toBe('No standards.\n');
  });

  it('proposes what a file holds, and refuses one that is no JSON', async () => {
    const entry = { id: 'X1', title: 'One' };
    const { mesh, asked, keep, err } = await meshAnswering({ standard: entry }, 201);
    keep('entry.json', entry);
    const reason = ['--reason', 'New', '-o', 'json'];
    expect(await mesh('standard', 'propose', 'entry.json', ...reason)).toBe(0);
    expect(asked[0]).toEqual({
      method: 'POST',
      url: '/v1/standards/proposals',
      body: { standard: entry, reason: 'New' },
    });
    expect(await mesh('standard', 'propose', 'nowhere.json', ...reason)).toBe(2);
    expect(err()).toContain('MESH-6510');
  });

  it('decides only with hash and reason', async () => {
    const { mesh, asked } = await meshAnswering({});
    expect(await mesh('standard', 'approve', 'p1', '--reason', 'x')).toBe(2);
    const line = ['p1', '--hash', HASH, '--reason', 'x', '-o', 'json'];
    expect(await mesh('standard', 'approve', ...line)).toBe(0);
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/v1/standards/proposals/p1/decisions',
        body: { decision: 'approve', contentHash: HASH, reason: 'x' },
      },
    ]);
  });

  it('prints a schedule as it comes', async () => {
    const { mesh, asked, out } = await meshAnswering(Buffer.from('# Schedule\n'));
    expect(await mesh('standard', 'schedule', '--ids', 'A1,B2')).toBe(0);
    expect(asked[0]?.url).toBe('/v1/standards/schedule?ids=A1%2CB2&format=markdown');
    expect(out()).toBe('# Schedule\n');
  });

  it('joins and leaves', async () => {
    const { mesh, asked } = await meshAnswering({ contact: { name: 'A' }, items: [] });
    expect(await mesh('standard', 'join', 'ISB0149', '--note', 'Tracing')).toBe(0);
    expect(await mesh('standard', 'leave', 'ISB0149')).toBe(0);
    expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['PUT', '/v1/standards/ISB0149/participants/me', { note: 'Tracing' }],
      ['DELETE', '/v1/standards/ISB0149/participants/me', null],
    ]);
  });
});

describe('mesh waiver', () => {
  it('is proposed with an end and a reason, and ended with one', async () => {
    const { mesh, asked } = await meshAnswering({ decisionsNeeded: [] }, 201);
    const what = ['--product', 'gp.x', '--check', 'standards-mandated', '--about', 'SCCI0052'];
    expect(await mesh('waiver', 'propose', ...what, '--reason', 'x')).toBe(2);
    const end = ['--until', '2027-01-31', '--reason', 'x'];
    expect(await mesh('waiver', 'propose', ...what, ...end)).toBe(0);
    expect(await mesh('waiver', 'end', 'w1', '--reason', 'Done')).toBe(0);
    expect(asked.map(({ url, body }) => [url, body])).toEqual([
      [
        '/v1/waivers',
        {
          product: 'gp.x',
          check: 'standards-mandated',
          about: 'SCCI0052',
          until: '2027-01-31',
          reason: 'x',
        },
      ],
      ['/v1/waivers/w1/end', { reason: 'Done' }],
    ]);
  });
});
