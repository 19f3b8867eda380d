import { expect, test } from 'vitest';

import { numbersNoRecord } from './identifier-type.js';

test.each(
  'VN AN VISITID ACSN FINNBR NI SS DL PPN TAX NNGBR NNFR PEN MC HC BA DN PRN NPI FI XX'.split(' '),
)('%s numbers something other than a person’s record', (type) =>
  expect(numbersNoRecord(type)).toBe(true),
);

test.each(['MR', 'MRN', 'MRT', 'PI', 'PT', 'PE', 'PN', 'U', 'LR', 'NH', 'NN', 'NNABCD', 'vn', ''])(
  '“%s” may number a person’s record',
  (type) => expect(numbersNoRecord(type)).toBe(false),
);
