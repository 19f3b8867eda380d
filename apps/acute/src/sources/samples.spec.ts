import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readMessage } from './adt-message.js';
import { sendersOf } from './senders.js';

const samples = new URL('../../../../libs/testing/samples/hl7v2/', import.meta.url);

it.each([
  ['T', 'production', 'MESH-2110'],
  ['D^A', 'production', 'MESH-2110'],
  ['P', 'production', undefined],
  ['T', 'development', undefined],
] as const)('a message of processing %s, in %s', (processing, mode, code) => {
  const bytes = Buffer.from(
    `MSH|^~\\&|PAS|RCB|R|R|20261110090000||ADT^A01|1|${processing}|2.4\rPID|1||7^^^RCB\rPV1|1|I\r`,
  );
  const senders = sendersOf('test', {});
  expect(readMessage(bytes, 0, senders, mode).refused?.code).toBe(code);
});

describe('an ADT message of version 2.6 is refused for its version, with either line end', () => {
  it.each(['sample_unix.hl7', 'sample_win.hl7'])('%s', (file) => {
    const bytes = readFileSync(new URL(file, samples));
    const { refused, header } = readMessage(bytes, 0, sendersOf('test', {}), 'test');
    expect(refused).toMatchObject({ code: 'MESH-2113', path: 'MSH-12' });
    expect(header?.controlId).toBe('102');
  });
});
