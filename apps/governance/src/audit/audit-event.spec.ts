import fc from 'fast-check';
import definitions from 'fhir/fhir.js';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../ledger/entry.js';
import { auditEventOf } from './audit-event.js';

// HL7's own definitions of R4, with the codes they require.
const fhir = new definitions.Fhir();
const faultsOf = (resource: object) =>
  fhir
    .validate(resource, { errorOnUnexpected: true })
    .messages.filter(({ severity }) => severity === 'error');

const entry = (change: Partial<LedgerEntry> = {}): LedgerEntry => ({
  seq: 7,
  at: '2026-03-01T09:00:00.000Z',
  actor: 'user-governance-lead',
  role: 'governance-lead',
  action: 'proposal.approved',
  object: 'proposal:abcdefgh',
  detail: { reason: 'Good', version: '1.0.0', decisions: [1], empty: '', none: null },
  prev: '0'.repeat(64),
  hash: 'f'.repeat(64),
  ...change,
});

describe('an entry as a FHIR AuditEvent', () => {
  it('says who did what to what, when and why, and where it stands in the chain', () => {
    expect(auditEventOf(entry())).toMatchObject({
      id: 'ledger-7',
      type: { code: '110100' },
      subtype: [{ code: 'proposal.approved' }],
      action: 'E',
      recorded: '2026-03-01T09:00:00.000Z',
      outcome: '0',
      outcomeDesc: 'Good',
      agent: [{ who: { identifier: { value: 'user-governance-lead' } }, requestor: true }],
    });
    expect(auditEventOf(entry()).entity[0]?.detail).toEqual([
      { type: 'seq', valueString: '7' },
      { type: 'hash', valueString: 'f'.repeat(64) },
      { type: 'reason', valueString: 'Good' },
      { type: 'version', valueString: '1.0.0' },
      { type: 'decisions', valueString: '[1]' },
    ]);
  });

  it('tells sign-ins, reading and changes of access apart', () => {
    const kinds = [
      'sign-in.refused',
      'quarantine.revealed',
      'grant.revoked',
      'drift.repaired',
      'version.failed',
    ].map((action) => {
      const { type, action: what, outcome } = auditEventOf(entry({ action }));
      return [type.code, what, outcome];
    });
    expect(kinds).toEqual([
      ['110114', 'E', '4'],
      ['110110', 'R', '0'],
      ['110135', 'D', '0'],
      ['110129', 'U', '0'],
      ['110100', 'E', '4'],
    ]);
  });

  it('is valid by HL7’s definition of R4, whatever the entry says', () => {
    expect(faultsOf({ ...auditEventOf(entry()), action: 'X', extra: 1 })).toHaveLength(2);
    const text = fc.string({ minLength: 1, maxLength: 40 }).filter((one) => one.trim() !== '');
    const any = fc.record({
      action: text,
      object: text,
      actor: text,
      role: text,
      detail: fc.dictionary(text, fc.jsonValue()),
    });
    fc.assert(
      fc.property(any, (change) => {
        expect(faultsOf(auditEventOf(entry(change as Partial<LedgerEntry>)))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
