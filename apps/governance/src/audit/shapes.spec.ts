import { describe, expect, it } from 'vitest';
import { mayNote, noteBody } from './shapes.js';

const gp = { sub: 'domain-gp', kind: 'domain', name: 'gp' } as const;
const disclosure = { sub: 'svc-disclosure', kind: 'service', name: 'disclosure' } as const;
const ports = { sub: 'svc-output-ports', kind: 'service', name: 'output-ports' } as const;

describe('an entry that a domain or service writes about itself', () => {
  it.each([
    [gp, 'quarantine.revealed', 'gp/quarantine/k3v9x2ab'],
    [gp, 'quarantine.discarded', 'gp/quarantine/k3v9x2ab'],
    [gp, 'sign-in.refused', 'service:gp'],
    [disclosure, 'sign-in.refused', 'service:disclosure'],
    [ports, 'output-port.opened', 'grant:k3v9x2ab'],
    [ports, 'output-port.closed', 'grant:k3v9x2ab'],
    [ports, 'sql-credential.made', 'grant:k3v9x2ab'],
    [ports, 'sql-credential.ended', 'grant:k3v9x2ab'],
    [ports, 'aggregate.answered', 'grant:k3v9x2ab'],
  ])('by %o is %s on %s', (caller, action, object) =>
    expect(mayNote(caller, { action, object })).toBe(true),
  );

  it.each([
    'agreement.approved',
    'grant-policy.approved',
    'pseudonym-key.approved',
    'dead-letter-topic.made',
    'standard.approved',
    'waiver.approved',
    'grant.approved',
    'major.retire-approved',
    'waivers.counted',
    'constructor',
  ])('is never called %s, which governance alone says, or nobody', (action) => {
    for (const object of ['gp/quarantine/k3v9x2ab', 'service:gp', 'grant:k3v9x2ab']) {
      for (const caller of [gp, disclosure, ports]) {
        expect(mayNote(caller, { action, object })).toBe(false);
      }
    }
  });

  it.each([
    [gp, 'quarantine.revealed', 'acute/quarantine/k3v9x2ab'],
    [gp, 'quarantine.revealed', 'gp-out/quarantine/k3v9x2ab'],
    [gp, 'quarantine.revealed', 'gp/quarantine/k3v9/x2ab'],
    [gp, 'sign-in.refused', 'service:acute'],
    [gp, 'aggregate.answered', 'grant:k3v9x2ab'],
    [disclosure, 'quarantine.revealed', 'disclosure/quarantine/k3v9x2ab'],
    [disclosure, 'output-port.opened', 'grant:k3v9x2ab'],
    [ports, 'output-port.opened', 'domain:gp'],
  ])('by %o is not %s on %s, which is another’s', (caller, action, object) =>
    expect(mayNote(caller, { action, object })).toBe(false),
  );
});

describe('what is said in an entry', () => {
  const note = {
    action: 'quarantine.revealed',
    object: 'gp/quarantine/x',
    detail: { by: 'user-a' },
  };
  const places = (given: object) =>
    noteBody.safeParse({ ...note, ...given }).error?.issues.map(({ path }) => path.join('.')) ?? [];

  it('is kept as it was sent', () => {
    const sha256 = '9434765919'.repeat(6) + 'abcd';
    const given = {
      ...note,
      detail: { by: 'user-a', sha256, count: 3, from: '2026-01-05T09:00:00.000Z' },
    };
    expect(noteBody.parse(given)).toEqual(given);
  });

  it.each([
    [{ object: 'gp/quarantine/9434765919' }, ['object']],
    [{ detail: { by: '943 476 5919' } }, ['detail.by']],
    [{ detail: { reason: 'Asked about 943-476-5919' } }, ['detail.reason']],
    [{ detail: { a: 9_434_765_919 } }, ['detail.a']],
    [{ detail: { '9434765919': true } }, ['detail']],
  ])('names no person by number: %o', (given, expected) => expect(places(given)).toEqual(expected));
});
