import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

const at = '2026-11-01T09:00:00.000Z';
const item = {
  ...{ grant: 'abcdefgh', organisation: 'QUY', topic: 'share.abcdefgh.gp.x.v1', lag: 4 },
  ...{ recordsPassed: 7, lastReadAt: at, unused: false },
  schemas: [{ schemaId: 12, version: '1.0.0' }],
  ways: [
    { way: 'sql', lastAt: at, times: 3, records: null },
    { way: 'stream', lastAt: at, times: null, records: 1 },
  ],
};
const never = { ...item, grant: 'bcdefghi', lag: null, lastReadAt: null, unused: true, ways: [] };

describe('mesh grant use', () => {
  it('shows an owner each grant of their product: lag, last read, schemas, and by which way', async () => {
    const { mesh, out, asked } = await meshAnswering({ items: [item, never] });
    expect(await mesh('grant', 'use', '--product', 'gp.x')).toBe(0);
    expect(asked.map(({ url }) => url)).toEqual(['/v1/products/gp.x/use']);
    const [, ...rows] = out().trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      [
        ...['abcdefgh', 'QUY', 'share.abcdefgh.gp.x.v1', '4', at, 'no', '1.0.0 (12)'],
        `sql ${at} (3 times), stream ${at} (1 record)`,
      ],
      ['bcdefghi', 'QUY', 'share.abcdefgh.gp.x.v1', '-', 'never', 'yes', '1.0.0 (12)', '-'],
    ]);
  });

  it('says of a product there is not that there is none', async () => {
    const title = 'There is no such product';
    const problem = { code: 'MESH-3011', title, detail: 'gp.x', fix: 'See the list.', errors: [] };
    const { mesh, out, err } = await meshAnswering(problem, 404);
    expect(await mesh('grant', 'use', '--product', 'gp.x')).toBe(4);
    expect(out()).toBe('');
    expect(err()).toContain('There is no such product');
  });
});
