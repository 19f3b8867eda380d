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

async function read(text: string | Buffer): Promise<string[]> {
  const items: SourceItem<AdtMessage>[] = [];
  const body = chunks(Buffer.from(text as string));
  const input = { contentType: 'application/hl7-v2', body, environment: 'test' } as const;
  for await (const item of adt.read(input)) items.push(item);
  return items.map((item) => {
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
