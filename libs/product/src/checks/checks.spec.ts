import { avroType } from '@caremesh/contract';
import { describe, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { nhsNumber } from '../rig/feed.js';
import { CONTRACT, SCHEMAS } from '../rig/small-mesh.js';
import { Codec } from '../state/codec.js';
import { Checks, standardChecks } from './checks.js';
import { identifierRules } from './classification.js';
import { contractRules } from './contract-rules.js';

const { contract, schema } = readContractFolder(SCHEMAS, CONTRACT);
const codec = new Codec(1, schema, (text) => avroType(JSON.parse(text) as object));
const checks = new Checks(
  contract.product,
  standardChecks(contractRules(contract), identifierRules(contract)),
);
const NHS = nhsNumber(1);
const identity = {
  record: 'a'.repeat(26),
  person: { nhsNumber: NHS, nhsNumberStatus: '01', local: null },
  publisherOds: 'A81001',
};
const good = {
  medicationStatementId: 'm',
  medicationText: 'x',
  recordedAs: 'statement',
  status: 'active',
};
const run = (content: object, over: Partial<typeof identity> = {}) =>
  checks.run({
    identity: { ...identity, ...over },
    content: { ...good, ...content },
    codec,
    state: null,
  });

describe('the checks of a product', () => {
  const local = { issuer: 'A81001', id: 'x' };
  const statuses = ['01', '02', '03', '04', '05', '06', '07', '08'];
  it.each([
    ['a number', NHS, ['07']],
    ['none', null, ['01', '02']],
  ])('take every NHS number status with %s but what says the opposite', (_, number, refused) => {
    const over = (nhsNumberStatus: string) =>
      ({ person: { nhsNumber: number, nhsNumberStatus, local } }) as never;
    const failed = statuses.map((status) => run({}, over(status))?.errors);
    const expected = { path: '/nhsNumberStatus', code: 'MESH-2632' };
    expect(failed).toEqual(
      statuses.map((one) =>
        refused.includes(one) ? [expect.objectContaining(expected)] : undefined,
      ),
    );
  });

  it('refuse to be none', () => {
    expect(() => new Checks('gp.x', [])).toThrow('MESH-2701');
  });

  it('let a good record pass', () => {
    expect(run({})).toBeNull();
  });

  it.each([
    ['key', {}, { publisherOds: '' }, 'MESH-2307'],
    ['key', {}, { person: { ...identity.person, nhsNumber: null as never } }, 'MESH-2211'],
    ['key', {}, { person: { ...identity.person, nhsNumberStatus: '07' } }, 'MESH-2632'],
    ['schema', { repeatsAllowed: 'many' }, {}, 'MESH-2301'],
    ['values', { status: 'resting' }, {}, 'MESH-2241'],
    ['values', { medicationText: 'x'.repeat(2_000) }, {}, 'MESH-2222'],
    ['classification', { doseUnit: `for ${NHS}` }, {}, 'MESH-2304'],
  ] as const)('stop at %s', (step, content, over, code) => {
    const failed = run(content, over as never);
    expect([failed?.step, failed?.errors[0]?.code]).toEqual([step, code]);
    expect(JSON.stringify(failed)).not.toContain(NHS);
  });
});
