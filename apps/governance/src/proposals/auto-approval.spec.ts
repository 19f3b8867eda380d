import { describe, expect, it } from 'vitest';
import { policyFor } from './auto-approval.js';

type Proposed = Parameters<typeof policyFor>[0];

const words = { path: 'status', class: 'safe', kind: 'documentation', sentence: '', grants: [] };
const proposed = (changes: object[], more: Partial<Proposed> = {}) =>
  ({ changes, comparedWith: 'sha256:00', checks: [], ...more }) as Proposed;

describe('approval by policy', () => {
  it('is for words alone', () => {
    expect(policyFor(proposed([words, { ...words, path: '$.support' }]), [])?.name).toBe(
      'documentation-only',
    );
  });

  it.each([
    ['another kind of change beside them', [words, { ...words, kind: 'promise' }]],
    ['words that consumers see as another meaning', [{ ...words, class: 'visible' }]],
    ['a change of no known kind', [{ ...words, kind: undefined }]],
    ['no change at all', []],
  ])('is not for %s', (_, changes) => {
    expect(policyFor(proposed(changes), [])).toBeNull();
  });

  it('is not for a first version', () => {
    expect(policyFor(proposed([words], { comparedWith: null }), [])).toBeNull();
  });

  it('is not past a warning that nobody has read yet', () => {
    const warning = { name: 'due', path: '$', reason: 'soon', outcome: 'failed' };
    const checks = [warning] as Proposed['checks'];
    expect(policyFor(proposed([words], { checks }), [])).toBeNull();
    const other = [{ ...warning, reason: 'now' }] as Proposed['checks'];
    expect(policyFor(proposed([words], { checks }), other)).toBeNull();
    expect(policyFor(proposed([words], { checks }), checks)?.name).toBe('documentation-only');
  });
});
