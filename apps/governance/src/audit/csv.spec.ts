import { expect, it } from 'vitest';
import { csvOf } from './csv.js';

it('quotes what needs quoting, and gives a spreadsheet no formula', () => {
  const columns = { name: (row: string) => row, length: (row: string) => String(row.length) };
  expect(csvOf(columns, ['plain', 'a,"b"', '=HYPERLINK("x")'])).toBe(
    'name,length\r\nplain,5\r\n"a,""b""",5\r\n"\'=HYPERLINK(""x"")",15\r\n',
  );
  expect(csvOf(columns, [])).toBe('name,length\r\n');
});
