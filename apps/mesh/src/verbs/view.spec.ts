import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

const since = '2026-11-01T09:00:00.000Z';
const view = {
  ...{ topic: 'share.abcdefgh.gp.x.v1', grant: 'abcdefgh', product: 'gp.x', major: 1 },
  ...{ purpose: 'research', state: 'following', listedAt: null, trouble: null },
  held: { since, code: 'MESH-4005', why: 'No list yet' },
};
const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((row) => row.split(/ {2,}/));

describe('mesh view', () => {
  it('says of every view how it stands, and with -o json what disclosure says unchanged', async () => {
    const answer = { items: [view], next: null };
    const { mesh, out, asked } = await meshAnswering(answer);
    expect(await mesh('view', 'list')).toBe(0);
    expect(rowsOf(out())).toEqual([
      [
        ...[view.topic, 'abcdefgh', 'research', 'following', '-'],
        ...[`since ${since}: No list yet (MESH-4005)`, '-'],
      ],
    ]);
    const before = out().length;
    expect(await mesh('view', 'list', '-o', 'json')).toBe(0);
    expect(JSON.parse(out().slice(before))).toEqual(answer);
    expect(asked.map(({ url }) => url)).toEqual(['/v1/views', '/v1/views']);
  });

  it('says how each edition is read', async () => {
    const one = { topic: 'gp.x.secondary.v1', state: 'reading', waitingFor: null };
    const { mesh, out, asked } = await meshAnswering({
      items: [{ ...one, counts: { taken: 12, refused: 0 } }],
    });
    expect(await mesh('view', 'subscriptions')).toBe(0);
    expect(asked.map(({ url }) => url)).toEqual(['/v1/views/subscriptions']);
    expect(rowsOf(out())).toEqual([[one.topic, 'reading', '-', 'taken 12, refused 0']]);
  });

  it('asks the process that makes views for individual care of those', async () => {
    const { mesh, err } = await meshAnswering({ items: [] });
    // The stand-in runs disclosure, and none for care.
    expect(await mesh('view', 'list', '--care')).toBe(4);
    expect(err()).toContain('care-disclosure');
  });
});
