import fc from 'fast-check';
import { IntakeRefused, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import type { AdtMessage } from './adt-message.js';
import { adt } from './adt.js';
import { messagesOf } from './hl7/batch.js';

const MSH = 'MSH|^~\\&|PAS|RCB|||20261010120000||ADT^A01|';
const message = (id: string): string => `${MSH}${id}|P|2.4\rPID|1||7^^^RCB\rPV1|1|I\r`;

async function* chunks(bytes: Buffer, cuts: number[] = []): AsyncGenerator<Buffer> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  for (let i = 1; i < edges.length; i++) yield Buffer.from(bytes.subarray(edges[i - 1], edges[i]));
}

async function itemsOf(
  text: string | Buffer,
  contentType = 'application/hl7-v2',
): Promise<SourceItem<AdtMessage>[]> {
  const items: SourceItem<AdtMessage>[] = [];
  const body = chunks(Buffer.from(text as string));
  for await (const item of adt.read({ contentType, body, environment: 'test' })) items.push(item);
  return items;
}

async function read(text: string | Buffer, contentType?: string): Promise<string[]> {
  return (await itemsOf(text, contentType)).map((item) => {
    const what = item.outcome
      ? `${item.outcome} ${item.errors.map((one) => one.code).join()}`
      : 'read';
    return `${item.index} ${item.sourceId} ${what}`;
  });
}
const refusal = (text: string | Buffer): Promise<string> =>
  read(text).then(
    () => 'not refused',
    (error: unknown) => (error instanceof IntakeRefused ? error.fault.code : String(error)),
  );

describe('a message is called by its control id, but not by one that tells who it is about', () => {
  const named = (
    id: string,
    pid: string,
    { event = 'A01', time = '20261010120000', more = '' } = {},
  ) =>
    read(`MSH|^~\\&|PAS|RCB|||${time}||ADT^${event}|${id}|P|2.4\rPID|1||${pid}\r${more}PV1|1|I\r`);

  it.each([
    ['L8007-77', 'L8007^^^RCB'],
    ['ADT-l8007', 'V1^^^RCB^VN~L8007^^^RCB^MR'],
    ['77/800/1', '800^^^RCB'],
    ['20261010-9434765919', '9434765919^^^NHS'],
    ['a&b7-1', 'a\\T\\b7^^^RCB'],
  ])('%s of %s', async (id, pid) => {
    // Taken, in quarantine, and of an event that is not used.
    expect(await named(id, pid)).toEqual(['0 item 1 read']);
    expect(await named(id, pid, { time: '20261310' })).toEqual(['0 item 1 quarantined MESH-2232']);
    expect(await named(id, pid, { more: 'MRG|1|\x07\r' })).toEqual([
      '0 item 1 quarantined MESH-2223',
    ]);
    expect(await named(id, pid, { event: 'A28' })).toEqual(['0 item 1 notUsed MESH-2141']);
  });

  it('also where it is refused for what it is, or names the person of a merge', async () => {
    const old = message('77-L8007').replace('2.4', '2.3').replace('7^^^RCB', 'L8007^^^RCB');
    expect(await read(message('1') + old)).toEqual(['0 1 read', '1 item 2 quarantined MESH-2113']);
    const merged = { event: 'A40', more: ' MRG|L8007^^^RCB\r' };
    expect(await named('L8007-2', '77123^^^RCB', merged)).toEqual(['0 item 1 read']);
  });

  it('also of more people than any message is about', async () => {
    const garbled = Array.from({ length: 60_000 }, (_, at) => `X${at}`).join('~');
    const before = Date.now();
    expect(await named('L8007', garbled)).toEqual(['0 item 1 quarantined MESH-2115']);
    expect(Date.now() - before).toBeLessThan(2_000);
  });

  it.each([
    ['L8007-77', 'L8008^^^RCB'],
    ['77-1', '77^^^RCB'],
    ['A80071', '800^^^RCB'],
  ])('%s stays of %s', async (id, pid) => {
    expect(await named(id, pid)).toEqual([`0 ${id} read`]);
  });
});

describe('a message that states no charset (MSH-18) has that of the content type', () => {
  const ward = (id: string, bytes: BufferEncoding, charset = '') =>
    Buffer.from(
      message(id).replace('2.4\r', `2.4||||||${charset}\r`).replace('PV1|1|I', 'PV1|1|I|Zoë'),
      bytes,
    );
  const stated = (charset: string) => `application/hl7-v2; charset=${charset}`;

  it.each([
    ['iso-8859-1', ward('1', 'latin1')],
    ['"ISO-8859-1"', ward('1', 'latin1')],
    ['windows-1252', ward('1', 'latin1')],
    ['utf-8', ward('1', 'utf8')],
    ['iso-8859-1', ward('1', 'utf8', 'UNICODE UTF-8')],
    ['utf-8', ward('1', 'latin1', '8859/1')],
  ])('%s', async (charset, bytes) => {
    const [item] = await itemsOf(
      Buffer.concat([ward('0', 'latin1', '8859/1'), bytes]),
      stated(charset),
    ).then((items) => items.slice(1));
    if (!item || item.outcome !== undefined) throw new Error('not read');
    expect(item.record.message.first('PV1')?.value(3)).toBe('Zoë');
    // As it is kept it is read again, without a content type, as what it was.
    const [again] = await itemsOf(Buffer.from(item.raw as Uint8Array));
    expect((again as typeof item).record.message.first('PV1')?.value(3)).toBe('Zoë');
  });

  it('bytes that it cannot hold, or of a charset that is not read, are a fault', async () => {
    const latin = ward('1', 'latin1');
    const smart = Buffer.from(message('1').replace('|I', '|I|O\x92'), 'latin1');
    const refused = ['0 1 quarantined MESH-2106'];
    expect(await read(smart, stated('iso-8859-1'))).toEqual(refused);
    expect(await read(latin, stated('us-ascii'))).toEqual(refused);
    expect(await read(latin, stated('koi8-r'))).toEqual(refused);
    expect(await read(latin, stated('utf-8'))).toEqual(['0 1 quarantined MESH-2103']);
    expect(await read(latin)).toEqual(['0 1 quarantined MESH-2103']);
    const [item] = await itemsOf(smart, stated('iso-8859-1'));
    expect(item!.outcome && item!.errors[0]).toMatchObject({ path: 'Content-Type' });
    // In ASCII alone every charset is the same.
    expect(await read(message('1'), stated('koi8-r'))).toEqual(['0 1 read']);
  });
});

describe('a body of HL7 messages', () => {
  it('has one message or many, with any line ends, framed or in a batch', async () => {
    const three = ['1', '2', '3'].map(message);
    const expected = ['0 1 read', '1 2 read', '2 3 read'];
    expect(await read(message('1'))).toEqual(['0 1 read']);
    expect(await read(three.join(''))).toEqual(expected);
    expect(await read(three.join('').replaceAll('\r', '\n'))).toEqual(expected);
    expect(await read(three.join('\n\n').replaceAll('\r', '\r\n'))).toEqual(expected);
    expect(await read(three.map((one) => `\x0b${one}\x1c\r`).join(''))).toEqual(expected);
    expect(await read(`FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r${three.join('')}BTS|3\rFTS|1\r`)).toEqual(
      expected,
    );
  });

  it('is cut before a header with blanks before it', async () => {
    const cut = await read(`${message('1')}  ${message('2')}\t${message('3')}`);
    expect(cut).toEqual(['0 1 read', '1 2 read', '2 3 read']);
  });

  it('keeps good neighbours of bad messages', async () => {
    const bad = [
      message('1').replace('2.4', '2.6'),
      message('2').replace('RCB|||', 'XXX|||'),
      message('3').replace('A01', 'A31'),
      message('4').replace('PV1|1|I\r', ''),
      message('5').replace('20261010120000', '20261310'),
      'MSH|garbled\r',
      `${message('6')}OBX|1|${'x'.repeat(1_100_000)}\r`,
      message('7'),
    ];
    expect(await read(bad.join(''))).toEqual([
      '0 1 quarantined MESH-2113',
      '1 2 quarantined MESH-2015',
      '2 3 notUsed MESH-2141',
      '3 4 quarantined MESH-2114',
      '4 5 quarantined MESH-2232',
      '5 null quarantined MESH-2111',
      '6 6 quarantined MESH-2108',
      '7 7 read',
    ]);
  });

  it('is refused as a whole only if nothing in it can be read', async () => {
    expect(await refusal('')).toBe('MESH-2003');
    expect(await refusal('<xml/>')).toBe('MESH-2111');
    expect(await refusal(Buffer.from(message('1'), 'utf16le'))).toBe('MESH-2104');
    expect(await refusal(`\ufeff${message('1')}`)).toBe('MESH-2105');
    expect(await read(`rubbish\r${message('1')}`)).toEqual([
      '0 null quarantined MESH-2111',
      '1 1 read',
    ]);
  });

  it('is cut into the same messages however it arrives', async () => {
    const text = ['1', '2', '3', '4'].map(message).join('\n');
    const whole = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 40 }), async (cuts) => {
        const found: string[] = [];
        for await (const { bytes } of messagesOf(chunks(whole, cuts), 1000))
          found.push(bytes.toString().trim());
        expect(found).toEqual(['1', '2', '3', '4'].map((id) => message(id).trim()));
      }),
    );
  });
});
