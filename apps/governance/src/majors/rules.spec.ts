import { describe, expect, it } from 'vitest';
import { MAJOR_MOVES, majorMoveOf, STEP_MOVES } from './lifecycle.js';
import type { MajorState, MajorStep } from './lifecycle.js';
import { grantOf, summed } from './readings.js';
import { mayTake, noticeSentence } from './rules.js';
import type { Moment } from './rules.js';
import { deprecateBody, endOfNotice } from './shapes.js';

const now = new Date('2026-11-25T12:00:00Z');
const consumer = (grant: string, lastReadAt: string | null) => ({
  ...{ grant, organisation: 'QUY', purpose: 'audit', requestedBy: 'user-analyst' },
  ...{ state: 'active', topic: 't', lastReadAt },
});
const moment = (given: Partial<Moment> = {}): Moment => ({
  status: 'deprecated',
  noticeUntil: new Date('2026-11-25T11:00:00Z'),
  consumers: [],
  now,
  windowMs: 3_600_000,
  ...given,
});
const refusal = (step: MajorStep, given: Partial<Moment>) => {
  try {
    mayTake(step, moment(given));
    return null;
  } catch (error) {
    return error;
  }
};

describe('the moves of a major', () => {
  it('are announcing, then ending, and nothing else', () => {
    const states: MajorState[] = ['published', 'deprecated', 'retired'];
    const moves = states.flatMap((state) =>
      (['deprecate', 'retire'] as const).map((step) => [state, step, majorMoveOf(state, step)]),
    );
    expect(moves.filter(([, , to]) => to !== null)).toEqual([
      ['published', 'deprecate', 'deprecated'],
      ['deprecated', 'retire', 'retired'],
    ]);
    expect(MAJOR_MOVES.retired).toEqual({});
    expect([STEP_MOVES.approved, STEP_MOVES.refused]).toEqual([{}, {}]);
  });
});

describe('a major is retired', () => {
  it('after its notice, when nobody reads it', () => {
    const long = consumer('grant0001', '2026-11-25T10:00:00Z');
    expect(refusal('retire', { consumers: [long, consumer('grant0002', null)] })).toBeNull();
  });

  it('not before it was deprecated, nor twice', () => {
    expect(refusal('retire', { status: 'published' })).toMatchObject({ code: 'MESH-3052' });
    expect(refusal('retire', { status: 'retired' })).toMatchObject({ code: 'MESH-3052' });
  });

  it('not while the notice runs', () => {
    const noticeUntil = new Date('2026-11-25T12:00:01Z');
    expect(refusal('retire', { noticeUntil })).toMatchObject({
      code: 'MESH-3054',
      detail: 'Notice was given until 2026-11-25T12:00:01.000Z',
    });
  });

  it('not while a consumer has read within the window, who is named', () => {
    const consumers = [consumer('grant0001', '2026-11-25T11:30:00Z'), consumer('grant0002', null)];
    expect(refusal('retire', { consumers })).toMatchObject({
      code: 'MESH-3055',
      detail: 'Still read by QUY (grant grant0001)',
      errors: [{ path: 'grant:grant0001', message: 'QUY last read at 2026-11-25T11:30:00Z.' }],
    });
  });
});

describe('notice', () => {
  it('says until when, and where to go', () => {
    const until = new Date('2027-02-01T00:00:00Z');
    expect(noticeSentence('gp.x', 1, 2, until, 'Codes change.')).toBe(
      'gp.x major 1 is deprecated: it is kept at least until 2027-02-01T00:00:00.000Z. Move to major 2, which is published beside it. Codes change.',
    );
    expect(noticeSentence('gp.x', 1, 1, until, 'Ends.')).toContain('No newer major');
  });

  it('of a day includes that day', () => {
    expect(endOfNotice('2027-01-31').toISOString()).toBe('2027-02-01T00:00:00.000Z');
    expect(endOfNotice('2027-01-31T12:00:00Z').toISOString()).toBe('2027-01-31T12:00:00.000Z');
    const given = (noticeUntil: string) => deprecateBody.safeParse({ reason: 'R', noticeUntil });
    expect(given('2027-02-30').success).toBe(false);
    expect(given('next year').success).toBe(false);
  });
});

describe('what a grant has read', () => {
  it('is what all its groups committed on a topic', () => {
    const line = { grantId: 'abcdefgh', topic: 't' };
    const all = [
      { ...line, committed: 2n },
      { ...line, committed: 3n },
      { ...line, topic: 'u', committed: 1n },
    ];
    expect(summed(all)).toEqual([
      { ...line, committed: 5n },
      { ...line, topic: 'u', committed: 1n },
    ]);
  });

  it.each([
    ['share.abcdefgh.notebook', 'abcdefgh'],
    ['share.abcdefgh', null],
    ['share.ABC.notebook', null],
    ['gp.views', null],
  ])('under %s is of %s', (group, grant) => {
    expect(grantOf(group)).toBe(grant);
  });
});
