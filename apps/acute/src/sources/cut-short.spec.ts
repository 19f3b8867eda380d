import { describe, expect, it } from 'vitest';
import { readMessage } from './adt-message.js';
import { sendersOf } from './senders.js';

const senders = sendersOf('test', {});

/** What becomes of a message of these last segments. */
function outcome(event: string, end: string): string {
  const start = `MSH|^~\\&|PAS|RCB|||20261112160000||ADT^${event}|1|P|2.4\rEVN||202611121600\rPID|1||7^^^RCB\r`;
  const { item } = readMessage(Buffer.from(start + end), 0, senders, 'test');
  if (item?.outcome !== 'quarantined') return 'read';
  return item.errors.map(({ code, path }) => `${code} ${path}`).join();
}

const visit = (...times: string[]) =>
  `PV1|1|I|RCB^W27${'|'.repeat(16)}S1${'|'.repeat(25)}${times.join('|')}`;

describe('a message whose last segment has no end is cut short where its last value is', () => {
  it.each([
    ['A03', visit('202611101350', '2026111215'), 'MESH-2112 PV1-45'],
    ['A03', visit('', '2026111215'), 'MESH-2112 PV1-45'],
    ['A01', visit('2026111013'), 'MESH-2112 PV1-44'],
    ['A01', `${visit('202611101350')}\rDG1|1||J18.`, 'MESH-2112 DG1[1]-3'],
    ['A01', `${visit('202611101350')}\rDG1|1||J18.1|\rDG1|2||E11.`, 'MESH-2112 DG1[2]-3'],
    ['A01', `${visit('202611101350')}\rPR1|1||U21.`, 'MESH-2112 PR1[1]-3'],
  ])('%s %s', (event, end, expected) => {
    expect(outcome(event, end)).toBe(expected);
    expect(outcome(event, end.replaceAll('\r', '\n'))).toBe(expected);
    // With its end it is what its sender meant.
    expect(outcome(event, `${end}\r`)).toBe('read');
  });

  it.each([
    ['A03', visit('202611101350', '202611121530')],
    ['A03', visit('202611101350', '20261112153045')],
    ['A03', visit('202611101350', '2026111215+0000')],
    // The day alone, or no more than the hour of any time, is how some write.
    ['A03', visit('202611101350', '20261112')],
    ['A03', visit('2026111013', '2026111215')],
    ['A03', visit('202611101350', '2026111215|')],
    ['A01', `${visit('202611101350')}\rDG1|1||J18.1`],
    ['A01', `${visit('202611101350')}\rDG1|1||J18`],
    ['A01', `${visit('202611101350')}\rDG1|1||J18.1^Lobar pneumonia.`],
    ['A01', `${visit('202611101350')}\rDG1|1||J18.^Pneumonia`],
    ['A01', `${visit('202611101350')}\rNTE|1||J18.`],
  ])('and whole where it is not: %s %s', (event, end) => {
    expect(outcome(event, end)).toBe('read');
  });
});
