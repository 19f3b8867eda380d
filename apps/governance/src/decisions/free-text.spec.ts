import { body } from '@caremesh/platform';
import { describe, expect, it } from 'vitest';
import { joinBody } from '../adoption/shapes.js';
import { noteBody } from '../audit/shapes.js';
import { commentBody } from '../comments/shapes.js';
import { coverBody } from '../cover/shapes.js';
import { breakGlassBody, reviewBody } from '../grants/break-glass/shapes.js';
import { agreementBody } from '../grants/ground-rules/shapes.js';
import { amendmentBody, draftBody, grantDecisionBody } from '../grants/shapes.js';
import { motionDecision } from '../motions/shapes.js';
import { decideBody, reasonBody } from './shapes.js';

const NUMBER = '943 476 5919';
const text = `patient ${NUMBER} collapsed`;
const justifications = { [NUMBER]: 'Why', status: text, code: 'What was given' };

describe('what people write', () => {
  it.each([
    ['a reason', reasonBody, { reason: text }, '$.reason'],
    ['a decision', decideBody, { reason: text }, '$.reason'],
    ['a motion', motionDecision, { reason: text }, '$.reason'],
    ['a cover', coverBody, { reason: text }, '$.reason'],
    ['an agreement', agreementBody, { reason: text }, '$.reason'],
    ['an amendment', amendmentBody, { reason: text }, '$.reason'],
    ['an emergency', breakGlassBody, { product: 'gp.a', reason: text }, '$.reason'],
    ['a review', reviewBody, { outcome: 'justified', reason: text }, '$.reason'],
    [
      'a condition',
      grantDecisionBody,
      { decision: 'approve', reason: 'Yes', conditions: ['No linkage', text] },
      '$.conditions[1]',
    ],
    ['a draft', draftBody, { people: [{ name: text }] }, '$.people[0].name'],
    ['a justification', draftBody, { justifications }, '$.justifications,$.justifications.status'],
    ['a paper', draftBody, { dpia: { reference: text } }, '$.dpia.reference'],
    [
      'a sharing agreement',
      amendmentBody,
      { reason: 'Later', agreement: { reference: text, until: '2027-01-31' } },
      '$.agreement.reference',
    ],
    [
      'an exemption',
      draftBody,
      { optOutExemption: { exemption: 'policy', reference: text } },
      '$.optOutExemption.reference',
    ],
    [
      'the name of an agreement',
      agreementBody,
      { reference: text, organisations: ['RRK'], reason: 'Shared care' },
      '$.reference',
    ],
    ['a comment', commentBody, { text }, '$.text'],
    ['a note', joinBody, { note: text }, '$.note'],
    [
      'a reason of a service',
      noteBody,
      { action: 'quarantine.revealed', object: 'a', detail: { reason: text } },
      '$.detail.reason',
    ],
  ])('in %s names nobody by number, and is not repeated', (_, shape, given, paths) => {
    const refused = refusalOf(() => body<unknown>(shape).transform(given, { type: 'body' }));
    const found = refused.errors.filter(({ code }) => code === 'MESH-3709');
    expect(found.map(({ path }) => path).join()).toBe(paths);
    expect(JSON.stringify(refused)).not.toMatch(/943.?476|5919/);
  });
});

function refusalOf(work: () => unknown): { errors: { path: string; code: string }[] } {
  try {
    work();
  } catch (error) {
    return error as never;
  }
  throw new Error('accepted');
}
