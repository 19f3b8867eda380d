import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as names from './names.js';

const part = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,6}){0,2}$/);
const domain = part.filter((name) => names.domainNameFault(name) === null);
const product = part.filter((name) => names.productNameFault(name) === null);
const grant = fc.stringMatching(/^[a-z0-9]{8,26}$/);
const major = fc.integer({ min: 1, max: 9999 });

describe('names', () => {
  it('builds each name as the interfaces page prints it', () => {
    const id = names.productId('gp', 'medication-statement');
    expect(names.productTopic(id, 1)).toBe('gp.medication-statement.v1');
    expect(names.secondaryTopic(id, 1)).toBe('gp.medication-statement.secondary.v1');
    expect(names.viewTopic('a1b2c3d4', id, 1)).toBe('share.a1b2c3d4.gp.medication-statement.v1');
    expect(names.subjectOf('gp.medication-statement.v1')).toBe('gp.medication-statement.v1-value');
    expect(names.deadLetterTopic('mesh', 'disclosure')).toBe('mesh.dead-letter.disclosure');
    expect(names.grantGroupPrefix('a1b2c3d4')).toBe('share.a1b2c3d4.');
    expect(names.avroNamespace('social-care')).toBe('caremesh.social_care');
    expect(names.recordName('medication-statement')).toBe('MedicationStatement');
    expect(names.domainDatabase('social-care')).toBe('mesh_domain_social_care');
  });

  it('reads back every topic it builds', () => {
    fc.assert(
      fc.property(domain, product, grant, major, (d, p, g, m) => {
        const id = names.productId(d, p);
        const same = { domain: d, product: p, id, major: m };
        expect(names.parseTopic(names.productTopic(id, m))).toEqual({ kind: 'product', ...same });
        expect(names.parseTopic(names.secondaryTopic(id, m))).toEqual({
          kind: 'secondary',
          ...same,
        });
        expect(names.parseTopic(names.viewTopic(g, id, m))).toEqual({
          kind: 'view',
          grant: g,
          ...same,
          generation: 1,
        });
        expect(names.parseTopic(names.viewTopic(g, id, m, Math.max(2, m)))).toEqual({
          ...{ kind: 'view', grant: g, ...same, generation: Math.max(2, m) },
        });
        expect(names.parseTopic(`${names.viewTopic(g, id, m)}.g1`)).toBeNull();
        expect(names.parseTopic(names.renamingsTopic(g))).toEqual({ kind: 'renamings', grant: g });
        expect(names.parseTopic(names.noticesTopic(g))).toEqual({ kind: 'notices', grant: g });
      }),
    );
  });

  it('gives two products never one name', () => {
    fc.assert(
      fc.property(domain, product, domain, product, major, (d1, p1, d2, p2, m) => {
        fc.pre(d1 !== d2 || p1 !== p2);
        const [one, other] = [names.productId(d1, p1), names.productId(d2, p2)];
        const all = (id: string) => [names.productTopic(id, m), names.secondaryTopic(id, m)];
        expect(all(one).filter((topic) => all(other).includes(topic))).toEqual([]);
      }),
    );
  });

  it.each([
    'share',
    'mesh',
    'platform',
    'governance',
    'output-ports',
    'postgresql',
    'kafka',
    'registry',
    'a.b',
    'a_b',
    'Gp',
    '',
    '1gp',
    'gp-',
    'g--p',
    'x'.repeat(41),
  ])('refuses %j as a domain', (name) => {
    expect(() => names.assertDomainName(name)).toThrow(RangeError);
  });

  it.each(['gp', 'gp.secondary', 'gp.dead-letter', 'share.x', 'gp.a.b', 'gp.'])(
    'refuses %j as a product id',
    (id) => {
      expect(() => names.parseProductId(id)).toThrow(RangeError);
    },
  );

  it.each(['short', 'has.dot.in', 'UPPERCASE1', 'x'.repeat(27)])(
    'refuses %j as a grant id',
    (id) => {
      expect(() => names.viewTopic(id, 'gp.a', 1)).toThrow(RangeError);
    },
  );

  it.each([
    '',
    'gp',
    'gp.a',
    'gp.a.v0',
    'gp.a.v01',
    'gp.a.b.v1',
    'share.x.gp.a.v1',
    'GP.a.v1',
    'gp.secondary.v1',
  ])('knows that %j is no topic of a product', (topic) => {
    expect(names.parseTopic(topic)).toBeNull();
  });

  it('tells mesh and dead-letter topics apart', () => {
    expect(names.parseTopic('mesh.governance-events.v1')).toEqual({
      kind: 'mesh',
      name: 'mesh.governance-events.v1',
    });
    expect(names.parseTopic('mesh.dead-letter.disclosure')).toEqual({
      kind: 'dead-letter',
      domain: 'mesh',
      consumer: 'disclosure',
    });
  });
});
