import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULTS, IntakeRefused } from '../errors.js';
import { csvTable } from './table.js';
import type { CsvRow } from './table.js';

const visits = csvTable('VISITS', {
  id: { heading: 'VISIT IDENTIFIER', also: ['VisitID'], required: true },
  date: { heading: 'VISIT DATE', required: true },
  note: { heading: 'NOTE (LOCAL)' },
});
type Key = 'id' | 'date' | 'note';

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  text: string | Uint8Array,
  { size = 7, charset }: { size?: number; charset?: string } = {},
): Promise<CsvRow<Key>[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const rows: CsvRow<Key>[] = [];
  for await (const batch of visits.read(pieces(bytes, size), charset)) rows.push(...batch);
  return rows;
}

const values = async (...args: Parameters<typeof read>) =>
  (await read(...args)).map((row) =>
    row.errors ? row.errors[0]!.code : Object.values(row.values),
  );

const refusal = async (text: string | Uint8Array, charset?: string) => {
  const error = await read(text, { charset }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(IntakeRefused);
  return (error as IntakeRefused).fault;
};

it('a table of which two columns share a heading, in whatever case or by another name, is none', () => {
  const columns = {
    id: { heading: 'VISIT ID', also: ['visit_id'] },
    visit: { heading: 'VISIT', also: ['VisitId'] },
  };
  expect(() => csvTable('VISITS', columns)).toThrow(/VISITS: id and visit share a heading/u);
  expect(() => csvTable('VISITS', { ...columns, visit: { heading: 'VISIT' } })).not.toThrow();
});

describe('columns', () => {
  it('are found by name in any order, case and punctuation, and unknown ones are left unread', async () => {
    expect(await values('note_local,Colour,visit_date,VisitID\nx,red,2026-01-02,7\n')).toEqual([
      ['7', '2026-01-02', 'x'],
    ]);
  });

  it('that the file may lack are empty', async () => {
    expect(await values('VISIT DATE,VISIT IDENTIFIER\r\n2026-01-02,7\r\n')).toEqual([
      ['7', '2026-01-02', ''],
    ]);
  });

  it('that say NULL, as exports of databases do, are empty; a word that only holds it is not', async () => {
    const text =
      'VISIT IDENTIFIER,VISIT DATE,NOTE\n7,NULL, null \nNULL,,NULLARBOR\nNULL,NULL,NULL\n';
    const visits = text.replace('NOTE', 'NOTE (LOCAL)');
    expect(await values(visits)).toEqual([
      ['7', '', ''],
      ['', '', 'NULLARBOR'],
      ['', '', ''],
    ]);
  });

  it.each([
    ['="00123"', '00123'],
    ['"=""00123"""', '00123'],
    ["'00123", '00123'],
    ["'01/07/2026", '01/07/2026'],
    ['="NULL"', ''],
    ["'tis so", "'tis so"],
    ["'Rose' ward 7", "'Rose' ward 7"],
    ['=A1+7', '=A1+7'],
  ])('that a spreadsheet keeps as text are what it keeps: %s', async (written, value) => {
    expect(await values(`VISIT IDENTIFIER,VISIT DATE\n1,${written}\n`)).toEqual([['1', value, '']]);
  });

  it('missing refuse the file and are all named', async () => {
    const found = await refusal('NOTE (LOCAL)\nx\n');
    expect(found.path).toBe('VISITS.VISIT IDENTIFIER');
    expect(found.message).toBe(`${FAULTS.csvColumnMissing.title}: and VISIT DATE`);
  });

  it('twice refuse the file, also under two names of one column', async () => {
    const found = await refusal('VisitID,VISIT DATE,visit identifier\n1,2026-01-02,2\n');
    expect(found).toMatchObject({ code: 'MESH-2124', path: 'VISITS.VISIT IDENTIFIER' });
  });

  it.each(['', '\n\n', ' '])('need a header row (%j)', async (text) => {
    expect((await refusal(text)).code).toBe('MESH-2003');
  });

  it.each(['<?xml version="1.0"?>\n', '{"a":1}\n', '1,2,3\n'])(
    'none of them known: no header row (%j)',
    async (text) => {
      expect((await refusal(text)).code).toBe('MESH-2127');
    },
  );
});

describe('a header that is odd and can be used', () => {
  const noticed = async (text: string) => {
    const found: string[] = [];
    const table = csvTable('', visits.columns, ['WARD']);
    const note = (one: { code: string; path: string; message: string }) =>
      void found.push(`${one.code} ${one.path}: ${one.message.split(': ')[1] ?? ''}`);
    for await (const rows of table.read(pieces(Buffer.from(text), 9), undefined, note))
      expect(rows.map((row) => row.errors)).toEqual(rows.map(() => undefined));
    return found;
  };

  it.each([
    ['in the order of the specification', 'VISIT IDENTIFIER,VISIT DATE,NOTE (LOCAL)\n1,2,3\n', []],
    ['with columns of the specification that are not read', 'VisitID,Ward,VISIT DATE\n1,2,3\n', []],
    ['with margins of a spreadsheet', 'VisitID,,VISIT DATE,\n1,2,3,\n', []],
    [
      'with columns it does not know, which are named by their place',
      'VisitID,Mrs Okonkwo,VISIT DATE,x\n1,2,3,4\n',
      [
        'MESH-2122 header row: column 2, after VISIT IDENTIFIER',
        'MESH-2122 header row: column 4, after VISIT DATE',
      ],
    ],
    [
      'in another order',
      'NOTE (LOCAL),VISIT DATE,VisitID\n1,2,3\n',
      ['MESH-2123 VISIT DATE: column 2'],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await noticed(text)).toEqual(expected);
  });
});

describe('what is no CSV is told as what it is', () => {
  it.each([
    ['a workbook (.xlsx)', Buffer.from('504b03041400060008000000210000', 'hex'), 'MESH-2129'],
    ['an old workbook (.xls)', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'MESH-2129'],
    ['a compressed file', Buffer.from('1f8b0800', 'hex'), 'MESH-2129'],
    ['semicolons', 'VISIT IDENTIFIER;VISIT DATE\n1;2\n', 'MESH-2130'],
    ['semicolons and quotes', '"VISIT IDENTIFIER";"VISIT DATE"\n"1";"2"\n', 'MESH-2130'],
    ['tabs', 'VisitID\tVISIT DATE\n1\t2\n', 'MESH-2130'],
    ['a sentence', 'Visits; by week\n', 'MESH-2127'],
  ])('%s', async (_, text, code) => {
    expect((await refusal(text)).code).toBe(code);
  });
});

describe('rows', () => {
  const header = 'VISIT IDENTIFIER,VISIT DATE,NOTE (LOCAL)\n';

  it('say on which line they stand, as an editor counts', async () => {
    const text = `${header}\n1,a,"b\nc"\n2,a\n3,a,"b\n4,a,b\n`;
    expect(
      (await read(text)).map(({ place, errors }) => `${place} ${errors?.[0]?.message}`),
    ).toEqual([
      'line 3 undefined',
      `line 5 ${FAULTS.csvRowLength.title}: 2 instead of 3`,
      `line 6 ${FAULTS.csvQuotingBroken.title}`,
      'line 7 undefined',
    ]);
  });

  it.each([
    ['VISITS', 'VISITS'],
    ['', 'line 3'],
  ])('of the table "%s" have their fault at %s, not in the header', async (name, path) => {
    const table = csvTable(name, visits.columns);
    const body = pieces(Buffer.from(`${header}1,a,b\n2,a\n3,a,caf\xe9\n`, 'latin1'), 20);
    const rows: CsvRow<Key>[] = [];
    for await (const batch of table.read(body)) rows.push(...batch);
    expect(rows.map(({ errors }) => errors?.[0]?.path)).toEqual([
      ...[undefined, path, path.replace('3', '4')],
    ]);
  });

  it('may hold commas, quotes and line breaks in quotes', async () => {
    expect(await values(`${header}1,2026-01-02,"a ""b"", c\r\nd"\n2,,5" wide\n`)).toEqual([
      ['1', '2026-01-02', 'a "b", c\nd'],
      ['2', '', '5" wide'],
    ]);
  });

  it.each([
    ['a value', 'VISIT IDENTIFIER,VISIT DATE,NOTE (LOCAL)'],
    ['a heading', '"VISIT\nIDENTIFIER",VISIT DATE,"NOTE\r\n(LOCAL)"'],
  ])('end by what ends the first, whatever breaks the lines of %s', async (_, heading) => {
    for (const size of [1, 2, 7, 10_000])
      for (const inside of ['\n', '\r\n', '\n\n'])
        expect(
          await values(`${heading}\r1,2026-01-02,"two${inside}lines"\r2,2026-01-03,"x"\r`, {
            size,
          }),
        ).toEqual([
          ['1', '2026-01-02', `two${inside.replaceAll('\r\n', '\n')}lines`],
          ['2', '2026-01-03', 'x'],
        ]);
  });

  it('are read where the header itself is followed by a doubled CR', async () => {
    const text = 'VISIT IDENTIFIER,VISIT DATE,NOTE (LOCAL)\r\r\n1,2026-01-02,x\r\n';
    for (const size of [1, 7, 10_000])
      expect(await values(text, { size })).toEqual([['1', '2026-01-02', 'x']]);
  });

  it('may end with LF, CRLF, CR or the file', async () => {
    for (const end of ['\n', '\r\n', '\r'])
      for (const last of ['', end])
        expect(await values(`VISIT IDENTIFIER,VISIT DATE${end}1,a${end}2,b${last}`)).toEqual([
          ['1', 'a', ''],
          ['2', 'b', ''],
        ]);
  });

  it('without any value are passed over', async () => {
    expect(await values(`${header}1,a,b\n,,\n\n , ,\n`)).toEqual([['1', 'a', 'b']]);
    // However many or few commas a spreadsheet left in them.
    expect(await values(`${header},\n1,a,b\n,,,,,,\n" ",""\n`)).toEqual([['1', 'a', 'b']]);
    expect(await values(`${header},\0\n,,,x\n`)).toEqual(['MESH-2223', 'MESH-2126']);
  });

  it('of the wrong length, with broken quotes or bytes that are no text fall alone', async () => {
    const text = `${header}1,a,b\n2,a\n3,a,"b"x\n4,a,"b\n5,a,caf\xe9\n6,a,b,c\n7,a,b\n`;
    expect(await values(Buffer.from(text, 'latin1'))).toEqual([
      ['1', 'a', 'b'],
      'MESH-2126',
      'MESH-2125',
      'MESH-2125',
      'MESH-2103',
      'MESH-2126',
      ['7', 'a', 'b'],
    ]);
  });

  it('keep themselves with their header, so that each can be read again alone', async () => {
    const [row] = await read(`${header}1,a,"b`);
    expect(row).toMatchObject({ raw: '1,a,"b', preamble: `${header.trim()}\r\n` });
    expect(await read(row!.preamble + row!.raw)).toEqual([row]);
  });

  it('longer than a row may be fall alone, in flat memory', async () => {
    const text = `${header}1,a,b\n2,a,${'x'.repeat(3_000_000)}\n3,a,b\n`;
    expect(await values(text, { size: 65_536 })).toEqual([
      ['1', 'a', 'b'],
      'MESH-2108',
      ['3', 'a', 'b'],
    ]);
  });

  it.each([1_000, 65_536, 262_144, 262_150, 300_000, 1_000_000])(
    'that are too long are refused alone, also in pieces of %d bytes',
    async (size) => {
      const MOST = 262_144;
      const row = (id: number, length: number) => `${id},a,`.padEnd(length, 'x');
      const quoted = (id: number, length: number) =>
        `${id},a,"${'x'.repeat(MOST / 2)}\n`.padEnd(length, 'y') + '"';
      const rows = [
        ...[row(1, MOST), row(2, MOST + 1), '3,a,b', row(4, 300_000)],
        ...[quoted(5, MOST - 1), quoted(6, MOST)],
        // A quote left open is not closed by what stands behind a row that is too long.
        ...['7,a,"b', row(8, 300_000), '9,a,b"', '10,a,b'],
      ];
      for (const end of ['\n', '\r\n']) {
        const text = header.trimEnd() + end + rows.join(end) + end;
        const found = (await read(text, { size })).map(({ errors, values, place, raw }) =>
          errors ? `${errors[0]!.code} ${place}, ${raw.length}` : values.id,
        );
        expect(found).toEqual([
          ...['1', 'MESH-2108 line 3, 1024', '3', 'MESH-2108 line 5, 1024'],
          ...['5', 'MESH-2108 line 8, 1024'],
          ...['MESH-2125 line 10, 6', 'MESH-2108 line 11, 1024', '9', '10'],
        ]);
      }
    },
  );

  it('that are bad never harm their neighbours, however the bytes arrive', async () => {
    const good = fc
      .tuple(fc.nat(), fc.string({ unit: 'grapheme', maxLength: 20 }))
      .map(([n, note]) => {
        const clean = note
          .replace(/[\0\uFFFD]/g, '')
          .trim()
          .replace(/\r\n?/g, '\n');
        return {
          line: `"${n}",2026-01-02,"${clean.replaceAll('"', '""')}"`,
          row: [`${n}`, '2026-01-02', clean],
        };
      });
    const bad = fc
      .constantFrom('9,"open', '9,x', '9,"a"b,c', '9,a,b,c')
      .map((line) => ({ line, row: null }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(good, good, bad), { maxLength: 30 }),
        fc.integer({ min: 1, max: 50 }),
        async (rows, size) => {
          const read = await values(header + rows.map((row) => `${row.line}\n`).join(''), { size });
          expect(read.filter((row) => typeof row !== 'string')).toEqual(
            rows.map(({ row }) => row).filter(Boolean),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('encodings', () => {
  const text = 'VISIT IDENTIFIER,VISIT DATE,NOTE (LOCAL)\n1,a,café £\n';
  const expected = [['1', 'a', 'café £']];
  const utf16be = (value: string) => Buffer.from(value, 'utf16le').swap16();

  it('UTF-8, with a byte order mark or without', async () => {
    expect(await values(text)).toEqual(expected);
    expect(await values(`\uFEFF${text}`, { size: 1 })).toEqual(expected);
  });

  it('UTF-16 with its mark, or when declared', async () => {
    expect(await values(Buffer.from(`\uFEFF${text}`, 'utf16le'), { size: 1 })).toEqual(expected);
    expect(await values(utf16be(`\uFEFF${text}`))).toEqual(expected);
    expect(await values(Buffer.from(text, 'utf16le'), { charset: 'UTF-16LE' })).toEqual(expected);
  });

  it('UTF-16 without either is refused by name', async () => {
    expect((await refusal(Buffer.from(text, 'utf16le'))).code).toBe('MESH-2104');
  });

  it('Windows-1252 when declared; undeclared the row is refused and not guessed', async () => {
    const bytes = Buffer.from(text, 'latin1');
    expect(await values(bytes, { charset: 'windows-1252' })).toEqual(expected);
    expect(await values(bytes)).toEqual(['MESH-2103']);
  });

  it('a charset nobody knows is refused', async () => {
    expect((await refusal(text, 'klingon')).code).toBe('MESH-2106');
  });
});
