import { describe, expect, it } from 'vitest';
import { lagOf, usageOf } from './lag.js';
import { endingNotice, reviewNotice, versionNotice } from './words.js';

const TOPIC = 'share.abcdefgh.gp.medication-statement.v1';
const group = (groupId: string, ...offsets: string[]) => ({
  groupId,
  topics: [
    { topic: TOPIC, partitions: offsets.map((offset, partition) => ({ partition, offset })) },
  ],
});
const ends = new Map([
  [0, 10n],
  [1, 5n],
]);

describe('the lag of a grant', () => {
  it('counts partitions that were never committed whole, and is its most advanced group’s', () => {
    const groups = [group('share.abcdefgh.a', '10', '-1'), group('share.abcdefgh.b', '4', '2')];
    expect(lagOf(TOPIC, groups, ends)).toEqual([
      { group: 'share.abcdefgh.a', lag: 5, recordsPassed: 10 },
      { group: 'share.abcdefgh.b', lag: 9, recordsPassed: 6 },
    ]);
    expect(usageOf(TOPIC, groups, ends)).toEqual({ lag: 5, endOffset: 15 });
  });

  it('is unknown while nothing was committed', () => {
    expect(usageOf(TOPIC, [group('share.abcdefgh.a', '-1', '-1')], ends).lag).toBeNull();
    expect(usageOf(TOPIC, [], ends)).toEqual({ lag: null, endOffset: 15 });
  });
});

describe('what a recipient is told', () => {
  const version = {
    product: 'gp.medication-statement',
    major: 1,
    version: '1.1.0',
    at: new Date('2026-04-02T09:00:00Z'),
    ...{ id: 'abcdefgh', organisation: 'QUY', kind: 'view' as const, purpose: 'research' },
    fields: ['status', 'dose'],
  };
  const change = (path: string, sentence: string) => ({
    ...{ path, class: 'visible' as const, sentence },
  });

  it('of a new version says the date, and each change to a field it has', () => {
    const changes = [
      change('dose', 'dose may now be empty.'),
      change('statusReason', 'statusReason is new.'),
    ];
    expect(versionNotice({ ...version, changes })).toMatchObject({
      key: 'version:gp.medication-statement:1.1.0',
      sentence:
        'gp.medication-statement 1.1.0 is published since 2026-04-02. dose may now be empty. 1 change elsewhere.',
    });
  });

  it('of a version that touches nothing it has says that', () => {
    expect(versionNotice({ ...version, changes: [] }).sentence).toBe(
      'gp.medication-statement 1.1.0 is published since 2026-04-02. Nothing changes in the fields of this grant.',
    );
  });

  it('of a version says what the contract says of the whole product, but not for another purpose', () => {
    const changes = [
      change('reason', 'reason is new.'),
      change('$.freshness', 'The longest delay promised changes from PT5M to PT1H.'),
      {
        ...change('$.purposes', 'The product may now also be used for audit.'),
        purpose: 'audit' as const,
      },
    ];
    expect(versionNotice({ ...version, changes }).sentence).toBe(
      'gp.medication-statement 1.1.0 is published since 2026-04-02. Nothing changes in the fields of this grant. ' +
        'The longest delay promised changes from PT5M to PT1H. 2 changes elsewhere.',
    );
  });

  it('of a version says nothing of whom else a change touches', () => {
    const touched = {
      ...change('dose', '`dose` may now be empty.'),
      grants: [{ id: 'ijklmnop', organisation: 'QR1' }],
    };
    expect(versionNotice({ ...version, changes: [touched] }).data['changes']).toEqual([
      change('dose', '`dose` may now be empty.'),
    ]);
  });

  it('of a version says every change to a recipient of whole records', () => {
    const care = { kind: 'individual-care' as const, purpose: 'individual-care' };
    const changes = [change('reason', 'reason is new.')];
    expect(versionNotice({ ...version, ...care, changes }).sentence).toBe(
      'gp.medication-statement 1.1.0 is published since 2026-04-02. reason is new.',
    );
  });

  it('of a version of a later major says that it is read by another grant', () => {
    const changes = [change('dose', '`dose` is gone.')];
    expect(versionNotice({ ...version, version: '2.0.0', changes })).toMatchObject({
      key: 'version:gp.medication-statement:2.0.0',
      sentence:
        'gp.medication-statement 2.0.0 is published since 2026-04-02. It is of major 2, on a topic of its own: ' +
        'this grant goes on reading major 1, and another is asked for to read that one. `dose` is gone.',
      data: { major: 2, changes },
    });
  });

  it('of the end names the last day, or the moment where it is none', () => {
    const sentenceOf = (end: string) =>
      endingNotice({ endsAt: new Date(end), days: 7 }).sentence.split('. ')[0];
    expect(sentenceOf('2026-12-16T00:00:00Z')).toBe('The last day of the grant is 2026-12-15');
    expect(sentenceOf('2026-12-16T09:30:00Z')).toBe('The grant ends on 2026-12-16 at 09:30 UTC');
  });

  it('reminds anew of another end, and once a day of a review that is late', () => {
    const endsAt = new Date('2026-05-01T00:00:00Z');
    expect(endingNotice({ endsAt, days: 7 }).key).toBe('ending:2026-05-01:7');
    const by = '2026-04-01T10:00:00.000Z';
    const key = (now: string, emergency = true) =>
      reviewNotice({ by, emergency, now: new Date(now) }).key;
    expect(key('2026-04-01T09:00:00Z')).toBe(`review:${by}`);
    expect(key('2026-04-02T09:00:00Z')).toBe(`review:${by}:2026-04-02`);
    expect(key('2026-04-02T09:00:00Z', false)).toBe(`review:${by}`);
  });
});
