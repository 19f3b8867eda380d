import type { DataContract } from '@caremesh/contract';
import { describe, expect, it } from 'vitest';
import { daysToStand, readRequest } from './request.js';
import type { RequestContext, Wanted } from './request.js';
import { breakGlassBody } from './break-glass/shapes.js';
import { requestBody } from './shapes.js';

const field = (path: string, classification = 'none', freeText = false) => ({
  path,
  name: path.replace(/^.*[.\]]/, '') || path,
  classification,
  freeText,
  treatment: freeText || classification === 'direct-identifier' ? 'drop' : 'keep',
});
const contract = {
  product: 'gp.medication-statement',
  purposes: ['individual-care', 'population-health-management'],
  fields: [
    field('recordId'),
    field('nhsNumber', 'direct-identifier'),
    field('medicationCode', 'special-category'),
    field('note', 'special-category', true),
    field('activities'),
    field('activities[].code'),
  ],
} as unknown as DataContract;
const wanted: Wanted[] = [{ product: 'gp.medication-statement', major: 1, contract, known: true }];
/** The same, with a field that tells where people are registered. */
const PRACTICE =
  'https://www.datadictionary.nhs.uk/data_elements/general_medical_practice_code__patient_registration_.html';
const told: Wanted[] = wanted.map((one) => ({
  ...one,
  contract: {
    ...contract,
    fields: [...contract.fields, { ...field('practice'), role: 'ods-code', definition: PRACTICE }],
  } as unknown as DataContract,
}));
const about: RequestContext = {
  organisation: 'QUY',
  now: new Date('2026-03-01T10:00:00Z'),
  longestDays: 731,
  standing: { state: 'open', name: 'An integrated care board' },
  demands: [],
  controllers: [{ reference: 'Shared care record', until: null }],
};
const good = {
  product: 'gp.medication-statement',
  purpose: 'population-health-management',
  legalBasis: '6(1)(e)/9(2)(h)/s251',
  organisation: 'QUY',
  fields: 'all',
  from: '2026-03-01',
  until: '2026-03-31',
  reason: 'Polypharmacy in care homes',
};
const read = (change: object, of: Wanted[] = wanted) =>
  readRequest(requestBody.parse({ ...good, ...change }), of, about);
const pathsAndCodes = (change: object, of?: Wanted[]) =>
  read(change, of).errors.map(({ path, code }) => `${path} ${code}`);

describe('a request for a grant', () => {
  it('means by "all" every field that is no direct identifier and no free text', () => {
    const reading = read({});
    expect(reading).toMatchObject({
      errors: [],
      legalBasis: { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 's251' },
      products: [{ fields: ['recordId', 'medicationCode', 'activities'] }],
    });
  });

  it.each([
    ['social-care', 'individual-care', 'social-care', []],
    [null, 'individual-care', null, []],
    ['gp', 'individual-care', 'social-care', ['$.consumer MESH-3610']],
    ['social-care', 'individual-care', null, ['$.consumer MESH-3610']],
    ['social-care', 'population-health-management', 'social-care', ['$.consumer MESH-3610']],
  ])(
    'may be for the service of %s, for %s, by the team of %s',
    (consumer, purpose, domain, found) => {
      const given = requestBody.parse({ ...good, purpose, consumer });
      const organisation = domain === null ? 'QUY' : null;
      const { errors } = readRequest(given, wanted, { ...about, organisation, domain });
      expect(errors.map(({ path, code }) => `${path} ${code}`)).toEqual(found);
    },
  );

  it('includes its last day', () => {
    const reading = read({});
    if (!('endsAt' in reading)) throw new Error('refused');
    expect(reading.startsAt.toISOString()).toBe('2026-03-01T00:00:00.000Z');
    expect(reading.endsAt.toISOString()).toBe('2026-04-01T00:00:00.000Z');
  });

  it('takes `all` in a list for all that may be granted', () => {
    expect(read({ fields: ['all'] })).toEqual(read({ fields: 'all' }));
  });

  it('takes fields as a list and with commas', () => {
    for (const fields of [['recordId', 'medicationCode'], 'recordId, medicationCode']) {
      expect(read({ fields })).toMatchObject({
        products: [{ fields: ['recordId', 'medicationCode'] }],
      });
    }
  });

  it.each([',', ' , ,', '', []].map((fields) => [fields]))(
    'is for a field: not for %j',
    (fields) => {
      const { error } = requestBody.safeParse({ ...good, fields });
      expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['fields']);
    },
  );

  it('names a major of a product once', () => {
    const one = { product: 'gp.medication-statement' };
    const { product: _, ...rest } = good;
    const named = (products: object[]) =>
      [
        requestBody.safeParse({ ...rest, products }),
        breakGlassBody.safeParse({ products, reason: 'Collapsed at the door' }),
      ].map(({ error }) => error?.issues.map(({ path }) => path.join('.')));
    expect(named([one, one])).toEqual([['products.1'], ['products.1']]);
    expect(named([one, { ...one, major: 2 }])).toEqual([undefined, undefined]);
  });

  it('has its duty of confidence met by direct care only where somebody is cared for', () => {
    const legalBasis = '6(1)(e)/9(2)(h)/direct-care';
    expect(pathsAndCodes({ legalBasis })).toEqual(['$.legalBasis MESH-3710']);
    expect(pathsAndCodes({ legalBasis, purpose: 'individual-care' })).toEqual([]);
  });

  it('names every field that is wrong at once', () => {
    expect(
      pathsAndCodes({
        purpose: 'research',
        legalBasis: 'because',
        organisation: 'QR1',
        fields: 'nhsNumber,note,shoeSize',
        from: '2026-03-31',
        until: '2026-03-01',
      }),
    ).toEqual([
      '$.organisation MESH-3608',
      '$.legalBasis MESH-3607',
      '$.until MESH-3606',
      '$.purpose MESH-3603',
      '$.fields[0] MESH-3605',
      '$.fields[1] MESH-3605',
      '$.fields[2] MESH-3604',
    ]);
  });

  it('refuses an end in the past, too long a period, and days that do not exist', () => {
    expect(pathsAndCodes({ from: '2026-01-01', until: '2026-02-01' })).toEqual([
      '$.until MESH-3606',
    ]);
    expect(pathsAndCodes({ until: '2029-03-01' })).toEqual(['$.until MESH-3606']);
    expect(pathsAndCodes({ until: '2026-06-31' })).toEqual(['$.until MESH-3606']);
  });

  it('refuses an unknown product, and an unknown major of a known one', () => {
    const unknown = { product: 'gp.none', major: 1, contract: null, known: false };
    expect(pathsAndCodes({}, [unknown])).toEqual(['$.product MESH-3601']);
    expect(pathsAndCodes({}, [{ ...unknown, known: true }])).toEqual(['$.major MESH-3602']);
  });

  it('gives individual care the whole record, and refuses to narrow it', () => {
    expect(read({ purpose: 'individual-care' })).toMatchObject({
      products: [{ fields: ['recordId', 'nhsNumber', 'medicationCode', 'note', 'activities'] }],
    });
    expect(pathsAndCodes({ purpose: 'individual-care', fields: 'recordId' })).toEqual([
      '$.fields MESH-3609',
    ]);
  });

  it('refuses unknown members: nobody smuggles in a state or a decider', () => {
    expect(() => requestBody.parse({ ...good, state: 'active' })).toThrow('state');
    expect(() => requestBody.parse({ ...good, steps: [] })).toThrow('steps');
  });

  it('is not granted to an organisation that is closed on the first day, and says what came after', () => {
    const successors = [{ ods: 'QX1', name: 'AFTER BOARD' }];
    const standing = {
      state: 'closed',
      name: 'A BOARD',
      closed: '2026-02-01',
      successors,
    } as const;
    expect(readRequest(requestBody.parse(good), wanted, { ...about, standing }).errors).toEqual([
      expect.objectContaining({
        path: '$.organisation',
        code: 'MESH-3514',
        message: 'A BOARD is closed since 2026-02-01; after it came AFTER BOARD (QX1).',
      }),
    ]);
  });

  it('is not granted beyond the day on which its organisation closes', () => {
    const open = { state: 'open', name: 'A BOARD' } as const;
    const standingAtEnd = {
      ...open,
      ...{ state: 'closed' as const, closed: '2026-03-20', successors: [] },
    };
    const given = { ...about, standing: open, standingAtEnd };
    expect(readRequest(requestBody.parse(good), wanted, given).errors).toEqual([
      expect.objectContaining({
        path: '$.until',
        code: 'MESH-3514',
        message: 'A BOARD closes on 2026-03-20.',
      }),
    ]);
  });

  it.each([
    ['2026-01-01', '2026-03-31', '2026-03-01', '2026-03-31'],
    [undefined, '2026-03-31', '2026-03-01', '2026-03-31'],
    ['2026-03-05', '2026-03-31', '2026-03-05', '2026-03-31'],
    ['2026-03-05T23:30:00-02:00', '2026-03-31T00:00:00Z', '2026-03-06', '2026-03-30'],
    ['2026-02-31', '2026-06-31', '2026-03-01', '2026-03-01'],
  ])('from %s until %s needs an organisation from %s until %s', (from, until, first, last) => {
    expect(daysToStand({ from, until }, about.now)).toEqual({ first, last });
  });

  it('has agreements, reviews and justifications that fit it, all wrong ones named at once', () => {
    const agreement = (until: string) => ({ reference: 'DSA-7', until });
    const fitting = { agreement: agreement('2026-03-31'), reviewOn: '2026-03-15' };
    expect(pathsAndCodes({ ...fitting, justifications: { medicationCode: 'What' } })).toEqual([]);
    expect(pathsAndCodes({ agreement: agreement('2026-02-27') })).toEqual([
      '$.agreement.until MESH-3511',
    ]);
    expect(
      pathsAndCodes(
        {
          agreement: agreement('2026-03-30'),
          reviewOn: '2026-04-01',
          justifications: { shoeSize: 'Why not' },
          dpia: { reference: 'DPIA-7', date: '2099-01-01' },
          dspt: { status: 'not-met' },
          narrowedTo: { organisations: ['A20047'] },
        },
        told,
      ),
    ).toEqual([
      '$.agreement.until MESH-3511',
      '$.dpia.date MESH-3711',
      '$.reviewOn MESH-3512',
      '$.justifications.shoeSize MESH-3513',
      '$.dspt.status MESH-3518',
      '$.narrowedTo MESH-3517',
    ]);
  });

  it('states what the policy demands of its purpose', () => {
    const demands = ['dpia', 'people'] as const;
    const errors = (change: object) =>
      readRequest(requestBody.parse({ ...good, ...change }), wanted, { ...about, demands }).errors;
    expect(errors({}).map(({ path, code }) => `${path} ${code}`)).toEqual([
      '$.dpia MESH-3515',
      '$.people MESH-3515',
    ]);
    expect(errors({ dpia: { reference: 'DPIA-1' }, people: [{ name: 'Ann Analyst' }] })).toEqual(
      [],
    );
  });

  it('justifies each field, where the policy demands it, and not one for another', () => {
    const given = { ...about, demands: ['justifications' as const] };
    const errors = (change: object) =>
      readRequest(requestBody.parse({ ...good, ...change }), wanted, given).errors.map(
        ({ path, code }) => `${path} ${code}`,
      );
    expect(errors({})).toEqual(['$.justifications MESH-3515']);
    const fields = 'recordId,medicationCode';
    expect(errors({ fields, justifications: {} })).toEqual([
      '$.justifications.recordId MESH-3515',
      '$.justifications.medicationCode MESH-3515',
    ]);
    expect(errors({ fields, justifications: { medicationCode: 'What' } })).toEqual([
      '$.justifications.recordId MESH-3515',
    ]);
    const justifications = { medicationCode: 'What', recordId: 'To count' };
    expect(errors({ fields, justifications })).toEqual([]);
    expect(errors({ fields: '943 476 5919', justifications: {} })).toEqual([
      '$.fields[0] MESH-3604',
    ]);
  });

  it('for individual care needs an agreement as long as itself, unless a service of the mesh reads', () => {
    const care = { purpose: 'individual-care', narrowedTo: { organisations: ['A20047'] } };
    const under = (until: Date | null) =>
      readRequest(requestBody.parse({ ...good, ...care }), told, {
        ...about,
        controllers: [{ reference: 'Shared care record', until }],
      });
    expect(under(new Date('2026-04-01T00:00:00Z'))).toMatchObject({
      terms: { narrowedTo: care.narrowedTo, jointControllers: 'Shared care record' },
    });
    const controllers = [{ reference: 'Shared care record', until: null }];
    expect(
      readRequest(requestBody.parse({ ...good, ...care }), wanted, { ...about, controllers })
        .errors,
    ).toEqual([expect.objectContaining({ path: '$.product', code: 'MESH-3705' })]);
    expect(under(new Date('2026-03-31T00:00:00Z')).errors).toEqual([
      expect.objectContaining({ path: '$.organisation', code: 'MESH-3516' }),
    ]);
  });

  it('may pass over the national opt-out by somebody’s decision, but not where that does not hold', () => {
    const optOutExemption = { exemption: 'communicable-disease', reference: 'COPI notice 3' };
    expect(
      readRequest(requestBody.parse({ ...good, optOutExemption }), wanted, about),
    ).toMatchObject({ terms: { optOutExemption } });
    const care = { ...good, purpose: 'individual-care', optOutExemption };
    const controllers = [{ reference: 'Shared care record', until: null }];
    const { errors } = readRequest(requestBody.parse(care), wanted, { ...about, controllers });
    expect(errors).toEqual([
      expect.objectContaining({ path: '$.optOutExemption', code: 'MESH-3611' }),
    ]);
  });

  it('reads the fields of each product, where it says them', () => {
    const products = [
      { product: 'gp.medication-statement', major: 1, fields: 'recordId,nhsNumber' },
    ];
    const { product: _, ...rest } = good;
    const { errors } = readRequest(requestBody.parse({ ...rest, products }), wanted, about);
    expect(errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      '$.products[0].fields[1] MESH-3605',
    ]);
  });
});

it('keeps a time as one in UTC, whatever offset it came with, and a day as a day', () => {
  const period = { from: '2026-03-01T00:30:00+01:00', until: '2026-03-31' };
  const { from, until } = requestBody.parse({ ...good, ...period });
  expect([from, until]).toEqual(['2026-02-28T23:30:00.000Z', '2026-03-31']);
  const said = requestBody.parse({ ...good, until: '2026-03-31T12:00:00Z' });
  expect(said.until).toBe('2026-03-31T12:00:00Z');
});
