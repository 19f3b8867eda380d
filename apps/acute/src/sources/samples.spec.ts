import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readMessage } from './adt-message.js';
import { sendersOf } from './senders.js';

const samples = new URL('../../../../libs/testing/samples/hl7v2/', import.meta.url);

describe('an ADT message of version 2.6 is refused for its version, with either line end', () => {
  it.each(['sample_unix.hl7', 'sample_win.hl7'])('%s', (file) => {
    const bytes = readFileSync(new URL(file, samples));
    const { refused, header } = readMessage(bytes, 0, sendersOf('test', {}), 'test');
    expect(refused).toMatchObject({ code: 'MESH-2113', path: 'MSH-12' });
    expect(header?.controlId).toBe('102');
  });
});
