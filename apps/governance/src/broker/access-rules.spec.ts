import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as accessRules from './access-rules.js';
import {
  closingRules,
  compareRules,
  concernsMesh,
  consumerRules,
  careDisclosureRules,
  disclosureRules,
  domainRules,
  governanceRules,
  grantRules,
  keyOf,
  monitorRules,
  noticeRules,
  outputPortRules,
  sealerRules,
} from './access-rules.js';
import type { AccessRule } from './access-rules.js';

const allows = (rules: AccessRule[], resource: string, name: string, operation: string) =>
  rules.some(
    (rule) =>
      rule.resource === resource &&
      rule.operation === operation &&
      (rule.pattern === 'literal' ? rule.name === name : name.startsWith(rule.name)),
  );

describe('access rules', () => {
  it('let a domain write its own topics and no other domain’s', () => {
    const rules = domainRules('gp');
    expect(allows(rules, 'topic', 'gp.medication-statement.v1', 'WRITE')).toBe(true);
    expect(allows(rules, 'topic', 'gp-out-of-hours.visit.v1', 'WRITE')).toBe(false);
    expect(allows(rules, 'topic', 'acute.inpatient-spell.v1', 'WRITE')).toBe(false);
    expect(allows(rules, 'topic', 'share.abc.gp.medication-statement.v1', 'WRITE')).toBe(false);
    expect(allows(rules, 'topic', 'mesh.governance-events.v1', 'WRITE')).toBe(false);
  });

  it('let a grant read its topics in its own groups and nothing else', () => {
    const rules = grantRules('abcdefgh', ['share.abcdefgh.gp.medication-statement.v1']);
    expect(allows(rules, 'topic', 'share.abcdefgh.gp.medication-statement.v1', 'READ')).toBe(true);
    expect(allows(rules, 'topic', 'gp.medication-statement.v1', 'READ')).toBe(false);
    expect(allows(rules, 'topic', 'share.abcdefgh.withdrawals.v1', 'READ')).toBe(true);
    expect(allows(rules, 'topic', 'share.abcdefgj.withdrawals.v1', 'READ')).toBe(false);
    expect(allows(rules, 'topic', 'share.abcdefgh.notices.v1', 'READ')).toBe(true);
    expect(allows(rules, 'topic', 'share.abcdefgj.notices.v1', 'READ')).toBe(false);
    expect(allows(rules, 'group', 'share.abcdefgh.notebook', 'READ')).toBe(true);
    expect(allows(rules, 'group', 'share.abcdefghi.notebook', 'READ')).toBe(false);
    expect(rules.every((rule) => rule.operation === 'READ')).toBe(true);
  });

  it('let the domain that a grant is for read the same topics, under its own principal', () => {
    const topic = 'gp.medication-statement.v1';
    const rules = grantRules('abcdefgh', [topic], 'social-care');
    const ofDomain = rules.filter(({ principal }) => principal === 'domain-social-care');
    expect(ofDomain).toEqual([
      ...[{ principal: 'domain-social-care', resource: 'topic', name: topic }].map((rule) => ({
        ...rule,
        pattern: 'literal',
        operation: 'READ',
      })),
    ]);
    expect(rules).toHaveLength(grantRules('abcdefgh', [topic]).length + 1);
  });

  it('never let disclosure read a product topic', () => {
    const rules = disclosureRules(['gp.medication-statement.secondary.v1']);
    expect(allows(rules, 'topic', 'gp.medication-statement.secondary.v1', 'READ')).toBe(true);
    expect(allows(rules, 'topic', 'gp.medication-statement.v1', 'READ')).toBe(false);
    expect(allows(rules, 'topic', 'share.x.gp.medication-statement.v1', 'READ')).toBe(false);
  });

  it('let nothing read both a product topic and its secondary edition, and no other part’s groups', () => {
    const [product, edition] = [
      'gp.medication-statement.v1',
      'gp.medication-statement.secondary.v1',
    ];
    const care = careDisclosureRules([product]);
    expect(allows(care, 'topic', product, 'READ')).toBe(true);
    expect(allows(care, 'topic', edition, 'READ')).toBe(false);
    expect(allows(care, 'topic', 'share.abcdefgh.gp.medication-statement.v1', 'WRITE')).toBe(true);
    expect(allows(care, 'topic', 'share.abcdefgh.gp.medication-statement.v1', 'READ')).toBe(false);
    expect(allows(care, 'group', `mesh.disclosure.${edition}.x`, 'READ')).toBe(false);
    expect(allows(disclosureRules([edition]), 'group', 'mesh.care-disclosure.x', 'READ')).toBe(
      false,
    );
    const readers = new Set([...care, ...disclosureRules([edition])].map((one) => one.principal));
    expect([...readers]).toEqual(['svc-care-disclosure', 'svc-disclosure']);
  });

  it('let the sealer alone write the checkpoints, and every domain read them', () => {
    const topic = 'mesh.ledger-checkpoints.v1';
    expect(sealerRules()).toHaveLength(1);
    expect(allows(sealerRules(), 'topic', topic, 'WRITE')).toBe(true);
    for (const rules of [domainRules('gp'), disclosureRules([]), grantRules('abcdefgh', [])]) {
      expect(allows(rules, 'topic', topic, 'WRITE')).toBe(false);
    }
    expect(allows(domainRules('gp'), 'topic', topic, 'READ')).toBe(true);
  });

  it('end every prefix with its separator', () => {
    const topics = ['gp.medication-statement.v1'];
    const sets: Record<string, AccessRule[]> = {
      careDisclosureRules: careDisclosureRules(topics),
      closingRules: closingRules('gp', topics),
      consumerRules: consumerRules('gp', topics),
      disclosureRules: disclosureRules(topics),
      domainRules: domainRules('gp'),
      governanceRules: governanceRules(),
      grantRules: grantRules('abcdefgh', topics, 'gp'),
      monitorRules: monitorRules(topics),
      noticeRules: noticeRules('abcdefgh'),
      outputPortRules: outputPortRules(topics),
      sealerRules: sealerRules(),
    };
    // A set of rules that is made later is looked at too.
    const made = Object.keys(accessRules).filter((name) => name.endsWith('Rules'));
    expect([...Object.keys(sets), 'compareRules'].sort()).toEqual(made.sort());
    const prefixes = Object.entries(sets).flatMap(([set, rules]) =>
      rules
        .filter(({ pattern }) => pattern === 'prefixed')
        .map(({ resource, name }) => `${set} ${resource} ${name}`),
    );
    expect(prefixes).toEqual([
      'careDisclosureRules topic share.',
      'careDisclosureRules transactional-id relay.care-disclosure.',
      'careDisclosureRules group mesh.care-disclosure.',
      'disclosureRules topic share.',
      'disclosureRules transactional-id relay.disclosure.',
      'disclosureRules group mesh.disclosure.',
      'domainRules topic gp.',
      'domainRules transactional-id relay.gp.',
      'domainRules group gp.',
      'grantRules group share.abcdefgh.',
      'monitorRules group mesh.monitor.',
      'outputPortRules group mesh.output-ports.',
    ]);
  });

  it('deny a domain a retired topic, and nothing else of its prefix', () => {
    const [rule, ...others] = closingRules('gp', ['gp.medication-statement.v1']);
    expect(others).toEqual([]);
    expect(rule).toMatchObject({ principal: 'domain-gp', operation: 'WRITE', deny: true });
    const { deny: _, ...permitting } = rule!;
    expect(keyOf(rule!)).not.toBe(keyOf(permitting));
  });

  it('leave nothing missing and nothing surplus once both are mended', () => {
    const universe = [...domainRules('gp'), ...grantRules('abcdefgh', ['a', 'b'])];
    fc.assert(
      fc.property(fc.subarray(universe), fc.subarray(universe), (decided, standing) => {
        const { missing, surplus } = compareRules(decided, standing);
        const gone = new Set(surplus.map(keyOf));
        const mended = [...standing.filter((rule) => !gone.has(keyOf(rule))), ...missing];
        expect(new Set(mended.map(keyOf))).toEqual(new Set(decided.map(keyOf)));
      }),
    );
  });

  it('call a hand-made rule the mesh’s business where it touches the mesh', () => {
    const by = (principal: string, name: string, pattern: AccessRule['pattern'] = 'literal') =>
      concernsMesh({ principal, resource: 'topic', name, pattern, operation: 'READ' }, ['gp']);
    expect(by('mallory', 'gp.medication-statement.v1')).toBe(true);
    expect(by('mallory', '*')).toBe(true);
    expect(by('mallory', 'g', 'prefixed')).toBe(true);
    expect(by('mallory', 'payroll.v1')).toBe(false);
    expect(by('grant-gone1234', 'payroll.v1')).toBe(true);
  });

  it.each([
    ['*', 'cluster', 'kafka-cluster', 'ALTER', true],
    ['*', 'cluster', 'kafka-cluster', 'IDEMPOTENT_WRITE', true],
    ['ANONYMOUS', 'cluster', 'kafka-cluster', 'READ', true],
    ['grant-abcdefgh', 'cluster', 'kafka-cluster', 'ALTER', true],
    ['svc-governance', 'cluster', 'kafka-cluster', 'ALL', true],
    ['payroll', 'cluster', 'kafka-cluster', 'ALTER', false],
    ['payroll', 'user', 'User:grant-abcdefgh', 'CREATE_TOKENS', true],
    ['payroll', 'user', 'User:payroll-batch', 'CREATE_TOKENS', false],
    ['*', 'delegation-token', '*', 'DESCRIBE', true],
  ])('call what %s may do to %s %s (%s) the mesh’s business: %s', (...given) => {
    const [principal, resource, name, operation, isOurs] = given;
    const rule = { principal, resource, name, pattern: 'literal', operation };
    expect(concernsMesh(rule, ['gp'])).toBe(isOurs);
  });

  it('let governance shape topics and rules, and read no record', () => {
    const rules = governanceRules();
    expect(rules).toHaveLength(13);
    expect(
      rules.some(({ resource, operation }) => resource === 'topic' && operation === 'READ'),
    ).toBe(false);
    expect(allows(rules, 'topic', 'mesh.governance-events.v1', 'WRITE')).toBe(true);
  });
});
