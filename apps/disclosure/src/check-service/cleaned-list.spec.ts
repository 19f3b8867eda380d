import { describe, expect, test } from 'vitest';

import { nhsNumberOf } from '../choices/people.js';
import { readCleanedList } from './cleaned-list.js';
import { requestFile, requestName, shuffled } from './request-file.js';

/** Bodies of valid numbers: those whose check digit would be ten were never issued. */
const bodies = (count: number): Uint32Array => {
  const found: number[] = [];
  for (let body = 912_345_678; found.length < count; body++) {
    if (nhsNumberOf(body).length === 10) found.push(body);
  }
  return new Uint32Array(found);
};
const asked = bodies(300);
const answer = (numbers: Uint32Array) => readCleanedList(requestFile(numbers), asked);

describe('a request file', () => {
  test('has one number on each line, a comma behind it, LF line ends', () => {
    expect(requestFile(new Uint32Array([900_000_000, 943_476_591])).toString()).toBe(
      '9000000009,\n9434765919,\n',
    );
  });

  test('is named for the mailbox, the day and its number within the month', () => {
    const day = new Date('2020-06-03T12:00:00Z');
    expect(requestName('8HQ50OT001', day, 1)).toBe('8HQ50OT001-030620-0001');
  });
});

describe('the order of a request', () => {
  test('is one of chance, of the same people', () => {
    const order = shuffled(asked);
    expect(order).not.toEqual(asked);
    expect(shuffled(asked)).not.toEqual(order);
    expect(order.toSorted()).toEqual(asked);
  });
});

describe('a cleaned list', () => {
  test('is those asked about who may be disclosed, in whatever order they come', () => {
    const shuffled = asked.slice(0, 290).reverse();
    expect(answer(shuffled)).toEqual(asked.slice(0, 290));
  });

  test('may leave anybody out of a few, all of them too', () => {
    const few = asked.slice(0, 3);
    expect(readCleanedList(Buffer.alloc(0), few)).toEqual(new Uint32Array());
  });

  test.each<[string, Buffer, string]>([
    ['cut short within a line', requestFile(asked).subarray(0, -1), 'length'],
    ['cut short between lines', requestFile(asked.slice(0, 100)), 'half'],
    ['with CRLF line ends', Buffer.from('9000000009,\r\n'), 'length'],
    ['with a header', Buffer.from('NHS NUMBER,\n'), 'line 1'],
    ['with a wrong check digit', Buffer.from('9000000008,\n'), 'line 1'],
    ['with an error line', Buffer.from('ERROR: row1\n'), 'line 1'],
    ['of somebody not asked about', Buffer.from('9000000009,\n'), 'not asked'],
    [
      'that names somebody twice',
      Buffer.concat([requestFile(asked), requestFile(asked.slice(0, 1))]),
      'twice',
    ],
  ])('%s is none', (_, bytes, why) => {
    const read = readCleanedList(bytes, asked);
    expect(read).toHaveProperty('fault');
    expect((read as { fault: string }).fault).toContain(why);
    expect(JSON.stringify(read)).not.toMatch(/\d{9}/);
  });

  describe('cut short at the end of a line', () => {
    const read = (order: Uint32Array, lines: Uint32Array) =>
      readCleanedList(requestFile(lines), order);
    const most = Math.floor(asked.length * 0.6);
    const cut: [string, Uint32Array, Uint32Array][] = [
      ['of many', asked, asked.slice(0, most)],
      ['in an order of chance', ...cutOf(shuffled(asked), most)],
      ['sorted by who answered', shuffled(asked), asked.slice(0, most)],
      ['of a few', asked.slice(0, 30), asked.slice(0, 10)],
      ['of a hundred, nothing left', asked.slice(0, 100), new Uint32Array()],
      ['of some, little left', asked.slice(0, 150), asked.slice(0, 15)],
    ];
    test.each(cut)('%s is none', (_, order, lines) => {
      expect(read(order, lines)).toHaveProperty('fault');
    });

    test('is not what a list looks like that leaves out one in twenty, or those beside each other in number', () => {
      const order = shuffled(asked);
      const some = order.filter((_, at) => at % 20 > 0);
      expect(read(order, some)).toEqual(some.toSorted());
      const allButTheLast = order.filter((number) => number < asked[260]!);
      expect(read(order, allButTheLast)).toEqual(asked.slice(0, 260));
    });
  });
});

const cutOf = (order: Uint32Array, lines: number) => [order, order.slice(0, lines)] as const;
