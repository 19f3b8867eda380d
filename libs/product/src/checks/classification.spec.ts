import { describe, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { nhsNumber } from '../rig/feed.js';
import { SCHEMAS } from '../rig/small-mesh.js';
import { classificationCheck, identifierRules } from './classification.js';

const { contract } = readContractFolder(SCHEMAS, 'acute/inpatient-spell/v1');
const check = classificationCheck(identifierRules(contract));
const NHS = nhsNumber(1);
const GROUPED = `${NHS.slice(0, 3)} ${NHS.slice(3, 6)} ${NHS.slice(6)}`;
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
  ])('is refused with %s where a view would show it', (_, content, path) => {
    expect(refused(content)).toEqual([`MESH-2304 ${path}`]);
  });

  it('is taken with them where no view shows them, and with what only looks like them', () => {
    expect(refused({ admissionReasonText: `${GROUPED}, H2278901, ZZ99 3WZ` })).toEqual([]);
    expect(refused({ hospitalProviderSpellNumber: 'H2278901' })).toEqual([]);
    expect(refused({ wardCode: 'H22789012', bedCode: 'B4', siteOds: 'RRV01' })).toEqual([]);
  });
});
