import { expect, it } from 'vitest';

import type { Column, ColumnType } from '../live/columns.js';
import { csvLines } from './csv.js';

const TYPES: ColumnType[] = [
  ...(['text', 'text', 'text', 'boolean', 'bigint'] as const),
  ...(['date', 'timestamptz', 'jsonb', 'double precision'] as const),
];
const columns: Column[] = TYPES.map((type, at) => ({ field: `f${at}`, column: `c${at}`, type }));

it('writes each type as readers of CSV expect it, and tells null from an empty text', () => {
  const rows = [
    ['a,b', '', 'say "no"\nagain', 't', '9007199254740993', '20000', '1760000000123', '[1]', '0.1'],
    [null, null, null, 'f', null, '-1', null, null, 'NaN'],
  ];
  expect(csvLines(columns, rows)).toBe(
    [
      '"a,b","","say ""no""\nagain",true,9007199254740993,2024-10-04,2025-10-09T08:53:20.123Z,[1],0.1',
      ',,,false,,1969-12-31,,,NaN',
      '',
    ].join('\n'),
  );
});
