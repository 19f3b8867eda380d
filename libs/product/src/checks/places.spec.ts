import { avroType } from '@caremesh/contract';
import { expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { FAULTS } from '../errors.js';
import { nhsNumber } from '../rig/feed.js';
import { SCHEMAS } from '../rig/small-mesh.js';
import { Codec } from '../state/codec.js';
import { Checks, standardChecks } from './checks.js';
import { identifierRules } from './classification.js';
import { contractRules } from './contract-rules.js';

const { contract, schema } = readContractFolder(SCHEMAS, 'acute/inpatient-spell/v1');
const codec = new Codec(1, schema, (text) => avroType(JSON.parse(text) as object));
const checks = new Checks(
  contract.product,
  standardChecks(contractRules(contract), identifierRules(contract)),
  {
    nhsNumber: 'PID-3',
    admissionMethod: 'PV1-4',
    wardCode: 'PV1-3',
    'secondaryDiagnoses[]': 'DG1-3',
    'procedures[].date': 'PR1-5',
  },
);
const NHS = nhsNumber(1);
const GOOD = { providerOds: 'RCB', hospitalProviderSpellNumber: 'S1' };

it.each([
  ['of a code list', { admissionMethod: '77' }, 'MESH-2241', 'PV1-4', 'admissionMethod'],
  [
    'in a list',
    { secondaryDiagnoses: ['I10', '?'] },
    'MESH-2309',
    'DG1-3',
    'secondaryDiagnoses[1]',
  ],
  [
    'that does not fit the schema',
    { procedures: [{ code: 'E15', date: 'x' }] },
    'MESH-2301',
    'PR1-5',
    'procedures[0].date',
  ],
  ['that tells who it is', { wardCode: NHS }, 'MESH-2304', 'PV1-3', 'wardCode'],
])('a fault %s names the place in the source, and the field', (_, content, code, path, field) => {
  const person = { nhsNumber: NHS, nhsNumberStatus: '01', local: null };
  const identity = { record: 'a'.repeat(26), person, publisherOds: 'RCB' };
  const found = checks.run({
    identity,
    content: { ...GOOD, ...content },
    codec,
    state: null,
  });
  const row = Object.values(FAULTS).find((one) => one.code === code)!;
  expect(found?.errors).toEqual([
    { path, code, message: `${row.title} (${path}, published as ${field})`, fix: row.fix },
  ]);
});

it.each([...'123456789'])('a discharge by method %s is one of the list', (dischargeMethod) => {
  const person = { nhsNumber: NHS, nhsNumberStatus: '01', local: null };
  const identity = { record: 'a'.repeat(26), person, publisherOds: 'RCB' };
  const content = { ...GOOD, secondaryDiagnoses: [], procedures: [], dischargeMethod };
  expect(checks.run({ identity, content, codec, state: null })).toBeNull();
});

it('a fault of a field that has no place of its own names the field', () => {
  const person = { nhsNumber: NHS, nhsNumberStatus: '01', local: null };
  const identity = { record: 'a'.repeat(26), person, publisherOds: 'RCB' };
  const content = { ...GOOD, dischargeMethod: '99' };
  expect(checks.run({ identity, content, codec, state: null })?.errors).toMatchObject([
    { path: '/dischargeMethod', message: FAULTS.codeUnknown.title },
  ]);
});
