import { describe, expect, it } from 'vitest';
import { parseVersion } from '../promise/parse-version.js';
import { readFolder } from '../published.fixture.js';
import { careOrganisationFields } from './care-organisations.js';

const PROVIDER =
  'https://www.datadictionary.nhs.uk/data_elements/organisation_identifier__code_of_provider_.html';

describe('the organisations that care for a person', () => {
  it.each([
    ['acute/inpatient-spell/v1', ['providerOds']],
    ['community/care-contact/v1', ['providerOds']],
    ['gp/medication-statement/v1', []],
    ['social-care/care-package/v1', []],
  ])(
    'are told in %s by the practice of registration, and as providers by %j',
    (folder, referred) => {
      const { contract } = parseVersion(readFolder(folder));
      expect(careOrganisationFields(contract!)).toEqual({
        registered: ['gpPracticeOds'],
        referred,
      });
    },
  );

  it('are told by what a field means and not by its name; one of another role, or in a list, tells none', () => {
    const { contract } = parseVersion(readFolder('gp/medication-statement/v1'));
    const practice = contract!.fields.find(({ name }) => name === 'gpPracticeOds')!;
    const fields = [
      { ...practice, definition: undefined },
      { ...practice, path: 'referredTo', name: 'referredTo', definition: PROVIDER },
      { ...practice, path: 'text', name: 'text', role: undefined },
      { ...practice, path: 'legs[].at', name: 'at' },
      { ...practice, path: 'a', name: 'a', definition: `${PROVIDER}?` },
    ];
    expect(careOrganisationFields({ fields })).toEqual({
      ...{ registered: [], referred: ['referredTo'] },
    });
  });
});
