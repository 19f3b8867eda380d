import { describe, expect, it } from 'vitest';

import { fitting, tableNameOf } from './names.js';

describe('a name', () => {
  it('that PostgreSQL would cut ends in what tells it from others', () => {
    const long = 'a'.repeat(64);
    expect(fitting(long)).toBe(`${'a'.repeat(54)}_ffe054fe`);
    expect(fitting(`${long}b`)).not.toBe(fitting(long));
    expect(fitting('a'.repeat(63))).toBe('a'.repeat(63));
  });
});

describe('the table of a view', () => {
  const view = (product: string, major = 1) => ({
    topic: `share.g.${product}.v${major}`,
    ...{ product, major },
  });
  const held = (product: string, tableName: string) => ({
    topic: view(product).topic,
    tableName,
  });

  it('is named after product and major', () => {
    const gp = view('gp.medication-statement');
    expect(tableNameOf(gp, [])).toBe('gp_medication_statement_v1');
    expect(tableNameOf(gp, [held('gp.other', 'gp_other_v1')])).toBe('gp_medication_statement_v1');
  });

  it('tells long names apart that begin alike, majors too', () => {
    const long = `gp.${'very-'.repeat(14)}long`;
    const names = [view(long), view(long, 2), view(`${long}-1`)].map((one) => tableNameOf(one, []));
    expect(new Set(names).size).toBe(3);
    expect(names.map(({ length }) => length)).toEqual([63, 63, 63]);
  });

  it('is not the one that another product has, and stays what it is', () => {
    const first = held('social.care-package', 'social_care_package_v1');
    const second = view('social-care.package');
    const tableName = tableNameOf(second, [first]);
    expect(tableName).toMatch(/^social_care_package_v1_[0-9a-f]{8}$/);
    expect(tableNameOf(view('social.care-package'), [first])).toBe('social_care_package_v1');
    expect(tableNameOf(second, [{ topic: second.topic, tableName }])).toBe(tableName);
  });
});
