import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

const ANSWER = {
  ...{ product: 'gp.medication-statement', measure: 'count', unit: 'people', asOf: null },
  rules: { name: 'caremesh-small-numbers/2', threshold: 7, roundTo: 5 },
  cells: [
    { by: { status: 'active' }, value: 25, suppressed: null, notCounted: 2 },
    { by: { status: 'stopped' }, value: null, suppressed: 'small-number' },
  ],
  ...{ total: 25, tables: { told: 3, most: 60 } },
};
const LINE = ['aggregate', 'grant1', '--product', 'gp.medication-statement'];

describe('mesh aggregate', () => {
  it('shows what is told, what is not counted in it, and how many tables were told', async () => {
    const { mesh, out } = await meshAnswering(ANSWER);
    expect(await mesh(...LINE, '--by', 'status')).toBe(0);
    expect(out()).toMatch(/active +25 +2 not counted/);
    expect(out()).toMatch(/stopped +\* +small-number/);
    expect(out()).toContain('3 of 60 different tables of gp.medication-statement told');
  });

  it('refuses a condition of rates where no rate is asked for', async () => {
    const { mesh, asked, err } = await meshAnswering(ANSWER);
    expect(await mesh(...LINE, '--having', 'status=active')).toBe(2);
    expect(err()).toContain('--having is for --measure rate');
    expect(asked).toEqual([]);
  });
});
