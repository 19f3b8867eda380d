import { describe, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { nhsNumber } from '../rig/feed.js';
import { SCHEMAS } from '../rig/small-mesh.js';
import { classificationCheck, identifierRules } from './classification.js';

const { contract } = readContractFolder(SCHEMAS, 'acute/inpatient-spell/v1');
const check = classificationCheck(identifierRules(contract));
const NHS = nhsNumber(1);
const GROUPED = `${NHS.slice(0, 3)} ${NHS.slice(3, 6)} ${NHS.slice(6)}`;
const OTHER = `${nhsNumber(2).slice(0, 3)}-${nhsNumber(2).slice(3, 6)}-${nhsNumber(2).slice(6)}`;
const inArabic = (number: string) =>
  number.replaceAll(/\d/g, (digit) => String.fromCharCode(0x0660 + Number(digit)));
const local = { issuer: 'RRV', id: 'H2278901' };

/** Paths of the fields that are refused. */
function refused(content: object): string[] {
  const person = { nhsNumber: NHS, nhsNumberStatus: '01', local };
  const identity = { record: 'r', person, publisherOds: 'RRV' };
  const whole = { postcode: 'ZZ99 3WZ', ...content };
  const found = check.run({ identity, content: whole, codec: null as never, state: null });
  expect(JSON.stringify(found)).not.toContain(NHS);
  return found.map(({ path, code }) => `${code} ${path}`);
}

describe('a record of one person', () => {
  it.each([
    ['the number', { wardCode: NHS }, '/wardCode'],
    ['the number in groups', { wardCode: `W ${GROUPED}` }, '/wardCode'],
    ['the number in a list', { procedures: [{ code: `X${NHS}` }] }, '/procedures[]/code'],
    ['the number in a plain list', { secondaryDiagnoses: [NHS] }, '/secondaryDiagnoses[]'],
    ['the local identifier', { bedCode: 'bed of h2278901' }, '/bedCode'],
    ['the postcode', { wardCode: 'zz993wz' }, '/wardCode'],
    ["somebody else's number", { wardCode: nhsNumber(2) }, '/wardCode'],
    ["somebody else's number among words", { bedCode: `near ${OTHER}` }, '/bedCode'],
    ['a number in another script', { wardCode: inArabic(nhsNumber(2)) }, '/wardCode'],
    ['an e-mail address', { wardCode: 'ward of p.mitchell@example.org' }, '/wardCode'],
    ['a postcode', { bedCode: 'at YO1 7HH' }, '/bedCode'],
    ['a postcode in small letters', { bedCode: 'ec1a 1bb' }, '/bedCode'],
  ])('is refused with %s where a view would show it', (_, content, path) => {
    expect(refused(content)).toEqual([`MESH-2304 ${path}`]);
  });

  it('is taken with them where no view shows them, and with what only looks like them', () => {
    expect(refused({ admissionReasonText: `${GROUPED}, H2278901, ZZ99 3WZ` })).toEqual([]);
    expect(refused({ hospitalProviderSpellNumber: 'H2278901' })).toEqual([]);
    expect(refused({ wardCode: 'H22789012', bedCode: 'B4', siteOds: 'RRV01' })).toEqual([]);
    expect(refused({ wardCode: 'B11AA', bedCode: '1234567890' })).toEqual([]);
    expect(refused({ wardCode: 'Élan Vital É 12', bedCode: 'bed @ window' })).toEqual([]);
    expect(refused({ wardCode: `${nhsNumber(2)}1`, bedCode: 'W12 1CC' })).toEqual([]);
  });
});

it('a place may have its postcode in its name, and nobody their number', () => {
  const care = readContractFolder(SCHEMAS, 'social-care/care-package/v1').contract;
  const { run } = classificationCheck(identifierRules(care));
  const identity = {
    record: 'r',
    person: { nhsNumber: NHS, nhsNumberStatus: '01', local: null },
    publisherOds: '503',
  };
  const found = (content: object) =>
    run({ identity, content: { ...content }, codec: null as never, state: null }).map(
      ({ path }) => path,
    );
  expect(found({ providerCqcLocationName: 'Elm House, YO1 7HH' })).toEqual([]);
  expect(found({ providerCqcLocationName: `Elm House, ${OTHER}` })).toEqual([
    '/providerCqcLocationName',
  ]);
  expect(found({ serviceComponent: 'Home support at YO1 7HH', gender: nhsNumber(2) })).toEqual([
    '/serviceComponent',
    '/gender',
  ]);
});
