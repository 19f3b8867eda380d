import { describe, expect, it } from 'vitest';
import { amendmentBody, requestBody } from '../shapes.js';
import { changedParts, isExtension, merged, renewedTerms } from './amended.js';

const justifications = { status: 'Current medicines only', medicationCode: 'Which medicine' };
const agreement = (reference: string, until: string) => ({ agreement: { reference, until } });
const before = requestBody.parse({
  ...{ product: 'gp.medication-statement', purpose: 'research', organisation: 'QUY' },
  ...{ legalBasis: '6(1)(e)/9(2)(j)/s251', fields: 'status,medicationCode', justifications },
  ...{ until: '2026-12-20', reason: 'Prescribing', ...agreement('DSA-1', '2026-12-31') },
});
const amended = (given: object) =>
  merged(before, amendmentBody.parse({ reason: 'Otherwise', ...given }));

describe('an amendment', () => {
  it('takes the justification of each field with it that is asked for no more', () => {
    const { status } = justifications;
    expect(amended({ fields: 'status' }).justifications).toEqual({ status });
    expect(amended({ fields: 'dmdLevel' })).not.toHaveProperty('justifications');
    expect(amended({ fields: 'all' }).justifications).toEqual(justifications);
    expect(amended({ until: '2027-01-31' }).justifications).toEqual(justifications);
  });

  it('keeps what it says of the fields itself, right or wrong', () => {
    const given = { medicationCode: 'Of another field' };
    const after = amended({ fields: 'status', justifications: given });
    expect(after.justifications).toEqual(given);
  });
});

describe('a later end', () => {
  const later = { until: '2027-03-01', ...agreement('DSA-2', '2027-06-30') };
  const today = '2026-10-01';

  it('is decided on the grant itself with its papers, and on another with anything else', () => {
    const partsOf = (given: object) => changedParts(before, amended(given));
    expect(partsOf(later).sort()).toEqual(['agreement', 'until']);
    expect(isExtension(partsOf(later))).toBe(true);
    expect(isExtension(partsOf({ ...later, fields: 'status' }))).toBe(false);
    expect(isExtension(partsOf(agreement('DSA-2', '2027-06-30')))).toBe(false);
  });

  it('brings the papers that it changes, and no others', () => {
    const held = { ...agreement('DSA-1', '2026-12-31'), dpia: { reference: 'DPIA-1' } };
    const read = { ...held, ...agreement('DSA-2', '2027-06-30') };
    expect(renewedTerms(['until', 'agreement'], { held, read, today })).toEqual(
      agreement('DSA-2', '2027-06-30'),
    );
    expect(renewedTerms(['until'], { held, read, today })).toEqual({});
  });

  it('brings the review of a grant that becomes long by it, unless that was held already', () => {
    const read = { reviewOn: '2027-01-01' };
    expect(renewedTerms(['until'], { held: {}, read, today })).toEqual(read);
    expect(renewedTerms(['until'], { held: {}, read, today: '2027-02-01' })).toEqual({});
    const held = { reviewOn: '2027-05-05' };
    expect(renewedTerms(['until'], { held, read, today })).toEqual({});
  });
});
