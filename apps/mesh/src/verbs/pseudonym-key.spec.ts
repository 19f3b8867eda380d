import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

describe('mesh pseudonym-key', () => {
  it('has every key wrapped anew by disclosure itself, and says how many were', async () => {
    const { mesh, asked, out } = await meshAnswering({ rewrapped: 3 });
    expect(await mesh('pseudonym-key', 'rewrap')).toBe(0);
    expect(asked.map(({ method, url }) => [method, url])).toEqual([['POST', '/v1/keys/rewrap']]);
    expect(out()).toContain('3 keys are wrapped anew.');
  });

  it('lists whose keys there are, and what closes them, as disclosure says it', async () => {
    const of = { organisation: 'QUY', purpose: 'research', nationalOptOut: 'exempt' };
    const key = { ...of, generation: 2, wrappedBy: 'file-1a2b', otherRule: 0 };
    const { mesh, asked, out } = await meshAnswering({ items: [key], next: null });
    expect(await mesh('pseudonym-key', 'keys')).toBe(0);
    expect(asked.map(({ method, url }) => [method, url])).toEqual([['GET', '/v1/keys']]);
    const [heads, row] = out().split('\n');
    expect(heads?.split(/ {2,}/)).toEqual([
      ...['RECIPIENT', 'PURPOSE', 'OPT-OUT', 'GENERATION', 'WRAPPED BY', 'OTHER RULE'],
    ]);
    expect(row?.split(/ {2,}/)).toEqual(['QUY', 'research', 'exempt', '2', 'file-1a2b', '0']);
  });

  it('asks for other pseudonyms of governance, for a recipient, a purpose and a reason', async () => {
    const { mesh, asked, out } = await meshAnswering({
      ...{ id: 'k1', organisation: 'QUY', purpose: 'research', generation: 2, keepDays: 7 },
      ...{ state: 'proposed', contentHash: `sha256:${'a'.repeat(64)}`, proposedBy: 'user-ig-lead' },
    });
    const line = ['--organisation', 'QUY', '--purpose', 'research', '--keep-days', '7'];
    expect(await mesh('pseudonym-key', 'change', ...line, '--reason', 'A file was lost')).toBe(0);
    const body = { organisation: 'QUY', purpose: 'research', keepDays: 7 };
    expect(asked).toMatchObject([
      {
        ...{ method: 'POST', url: '/v1/pseudonym-key-changes' },
        body: { ...body, reason: 'A file was lost' },
      },
    ]);
    expect(out()).toContain('QUY, research');
  });

  it('takes a change back before it is decided, for a reason', async () => {
    const { mesh, asked } = await meshAnswering({ id: 'k1', state: 'withdrawn' });
    expect(await mesh('pseudonym-key', 'withdraw', 'k1')).toBe(2);
    expect(await mesh('pseudonym-key', 'withdraw', 'k1', '--reason', 'The file was found')).toBe(0);
    expect(asked).toEqual([
      {
        ...{ method: 'POST', url: '/v1/pseudonym-key-changes/k1/withdraw' },
        body: { reason: 'The file was found' },
      },
    ]);
  });
});
