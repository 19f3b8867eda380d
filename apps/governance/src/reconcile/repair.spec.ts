import { describe, expect, it } from 'vitest';
import { domainRules, governanceRules, grantRules, noticeRules } from '../broker/access-rules.js';
import type { AccessRule } from '../broker/access-rules.js';
import { differences, isLookedAt, quotaDifferences, Repair, undecidedTopics } from './repair.js';
import { undecidedSubjects } from './subjects.js';
import type { Decided } from './decided.js';

const decided = (change: Partial<Decided>): Decided => ({
  domains: ['gp'],
  rules: domainRules('gp'),
  permitted: [],
  topics: [],
  permittedTopics: [],
  subjects: [],
  permittedSubjects: [],
  carrying: [],
  quotas: new Map(),
  permittedQuotas: [],
  ...change,
});
const rule = (principal: string, name: string): AccessRule => ({
  principal,
  resource: 'topic',
  name,
  pattern: 'literal',
  operation: 'READ',
});

describe('what differs from what was decided', () => {
  it('is nothing when exactly the decided rules stand', () => {
    expect(differences(decided({}), domainRules('gp'))).toEqual({ missing: [], surplus: [] });
  });

  it('is the rule of a grant that ended, and one made by hand', () => {
    const gone = grantRules('abcdefgh', ['gp.medication-statement.v1']);
    const made = rule('mallory', 'gp.medication-statement.v1');
    const { surplus } = differences(decided({}), [...domainRules('gp'), ...gone, made]);
    expect(surplus).toEqual([...gone, made]);
  });

  it('is not a rule that is being set for an approved grant', () => {
    const coming = grantRules('abcdefgh', ['gp.medication-statement.v1']);
    const standing = [...domainRules('gp'), ...coming];
    expect(differences(decided({ permitted: coming }), standing)).toEqual({
      missing: [],
      surplus: [],
    });
  });

  it('is a rule by which governance could write the sealer’s witness', () => {
    const old = { ...rule('svc-governance', 'mesh.ledger-checkpoints.v1'), operation: 'WRITE' };
    expect(differences(decided({}), [...domainRules('gp'), old]).surplus).toEqual([old]);
  });

  it('is a rule by which governance could write a view, but not one by which it tells a grant’s holder', () => {
    const told = noticeRules('abcdefgh');
    const view = { ...told[0]!, name: 'share.abcdefgh.gp.medication-statement.v1' };
    const standing = [...domainRules('gp'), ...told, view];
    expect(differences(decided({ permitted: told }), standing).surplus).toEqual([view]);
  });

  it.each([
    ['READ on every topic', rule('svc-governance', '*')],
    ['READ on its own events', rule('svc-governance', 'mesh.governance-events.v1')],
    [
      'everything on the cluster',
      { ...governanceRules()[0]!, operation: 'ALL' } satisfies AccessRule,
    ],
  ])('is a rule that governance was not given at its start: %s', (_, made) => {
    const own = governanceRules();
    const state = decided({ rules: [...domainRules('gp'), ...own] });
    expect(differences(state, [...domainRules('gp'), ...own, made])).toEqual({
      missing: [],
      surplus: [made],
    });
  });

  it('is one for a single host, which takes the place of none for all', () => {
    const [own, ...rest] = domainRules('gp');
    const narrow = { ...own!, host: '10.9.9.9' };
    expect(differences(decided({}), [narrow, ...rest])).toEqual({
      missing: [own],
      surplus: [narrow],
    });
  });

  it('is said of a kind of rule that nobody here can take away, and nothing is done about it', async () => {
    const newer = { ...rule('grant-gonegone', 'gp.medication-statement.v1'), operation: '99' };
    const gone: AccessRule[][] = [];
    const access = {
      standing: () => Promise.resolve([...domainRules('gp'), newer]),
      withdraw: (rules: AccessRule[]) => Promise.resolve(gone.push(rules)),
      permit: () => Promise.resolve(),
    };
    const repair = new Repair(access as never, null as never, null as never);
    const found: object[] = [];
    const drifts = await repair.rules(
      () => Promise.resolve(decided({})),
      (all) => Promise.resolve(void found.push(...all)),
    );
    const { principal, ...detail } = newer;
    expect(drifts).toEqual({
      repaired: [],
      standing: [
        {
          ...{ kind: 'rule', object: `principal:${principal}` },
          detail: { was: 'not decided', rules: [detail] },
        },
      ],
    });
    expect([...found, ...gone.flat()]).toEqual([]);
  });

  it('is set again when it was decided anew while it was being taken away', async () => {
    const own = grantRules('abcdefgh', ['gp.medication-statement.v1']);
    const done: [string, number][] = [];
    const access = {
      standing: () => Promise.resolve([...domainRules('gp'), ...own]),
      withdraw: (rules: AccessRule[]) => Promise.resolve(done.push(['withdraw', rules.length])),
      permit: (rules: AccessRule[]) => Promise.resolve(done.push(['permit', rules.length])),
    };
    const repair = new Repair(access as never, null as never, null as never);
    // The last credential has ended; the next is made as its rules go.
    const read = [decided({}), decided({ rules: [...domainRules('gp'), ...own] })];
    const found = () => Promise.resolve();
    await repair.rules(() => Promise.resolve(read.shift()!), found);
    expect(done.filter(([, n]) => n > 0)).toEqual([
      ['withdraw', own.length],
      ['permit', own.length],
    ]);
  });

  it('is not a rule that was set while what was decided was read, or that the broker lists a moment late', async () => {
    const own = grantRules('abcdefgh', ['gp.medication-statement.v1']);
    const looks = [domainRules('gp'), [...domainRules('gp'), ...own.slice(1)]];
    const set: AccessRule[][] = [];
    const access = {
      standing: () => Promise.resolve(looks.shift()!),
      withdraw: () => Promise.resolve(),
      permit: (rules: AccessRule[]) => Promise.resolve(set.push(rules)),
    };
    const repair = new Repair(access as never, null as never, null as never);
    const read = () => Promise.resolve(decided({ rules: [...domainRules('gp'), ...own] }));
    const { repaired: drifts } = await repair.rules(read, () => Promise.resolve());
    expect(drifts.map(({ detail }) => detail)).toEqual([
      expect.objectContaining({ was: 'missing', operation: own[0]?.operation, name: own[0]?.name }),
    ]);
    expect(set.filter(({ length }) => length > 0)).toEqual([[own[0]]]);
  });

  it('is not a rule of a grant that has just ended, and is taken away by whoever ended it', async () => {
    const own = grantRules('abcdefgh', ['gp.medication-statement.v1']);
    const made = rule('mallory', 'gp.medication-statement.v1');
    const looks = [
      [...domainRules('gp'), ...own, made],
      [...domainRules('gp'), made],
    ];
    const gone: AccessRule[][] = [];
    const access = {
      standing: () => Promise.resolve(looks.shift()!),
      withdraw: (rules: AccessRule[]) => Promise.resolve(gone.push(rules)),
      permit: () => Promise.resolve(),
    };
    const repair = new Repair(access as never, null as never, null as never);
    const { repaired: drifts } = await repair.rules(
      () => Promise.resolve(decided({})),
      () => Promise.resolve(),
    );
    expect(drifts.map(({ object }) => object)).toEqual(['principal:mallory']);
    expect(gone.filter(({ length }) => length > 0)).toEqual([[made]]);
  });

  it('leaves governance’s own rules and other houses’ rules alone', () => {
    const own = governanceRules();
    const others = [...own, rule('pay', 'payroll.v1')];
    expect(
      differences(decided({ permitted: own }), [...domainRules('gp'), ...others]).surplus,
    ).toEqual([]);
  });
});

describe('quotas', () => {
  const quota = { bytesPerSecond: 1_000, requestPercent: 50 };
  const values = { consumer_byte_rate: 1_000, producer_byte_rate: 1_000, request_percentage: 50 };
  const held = (principal: string, clientId: string | null = null) => ({
    principal,
    clientId,
    values,
  });
  const quotas = new Map([
    ['grant-abcdefgh', quota],
    ['domain-gp', quota],
  ]);

  it('differ where one is missing, changed, of a grant that ended, or narrower than its principal', () => {
    const changed = { ...held('domain-gp'), values: { ...values, request_percentage: 900 } };
    const ended = held('grant-gonegone');
    const narrower = held('grant-abcdefgh', 'reader-1');
    expect(
      quotaDifferences({ quotas, permittedQuotas: ['grant-comingon'] }, [
        changed,
        ended,
        narrower,
        held('grant-comingon'),
        held('payroll'),
      ]),
    ).toEqual({ wrong: ['grant-abcdefgh', 'domain-gp'], surplus: [ended, narrower] });
  });

  it('of everybody are nobody’s decision, whatever client they are for', () => {
    const ofAll = ['<default>', 'governance', null].map((clientId) => ({
      ...{ principal: null, clientId, values },
    }));
    const standing = [held('grant-abcdefgh'), held('domain-gp'), ...ofAll];
    expect(quotaDifferences({ quotas, permittedQuotas: [] }, standing)).toEqual({
      wrong: [],
      surplus: ofAll,
    });
  });

  it('are looked for twice: one that was set, or taken away, between is nobody’s drift', async () => {
    const looks = [
      [held('domain-gp'), held('grant-gonegone'), held('grant-roguexyz')],
      [held('domain-gp'), held('grant-abcdefgh'), held('grant-roguexyz')],
    ];
    const done: unknown[] = [];
    const standing = {
      standing: () => Promise.resolve(looks.shift()!),
      remove: (surplus: unknown[]) => Promise.resolve(done.push(...surplus)),
      hold: (wrong: unknown[]) => Promise.resolve(done.push(...wrong)),
    };
    const repair = new Repair(null as never, null as never, standing as never);
    const drifts = await repair.quotas(
      () => Promise.resolve(decided({ quotas })),
      () => Promise.resolve(),
    );
    expect(drifts.map(({ object }) => object)).toEqual(['principal:grant-roguexyz']);
    expect(done).toEqual([held('grant-roguexyz')]);
  });

  it('are right when exactly the decided ones stand', () => {
    const standing = [held('grant-abcdefgh'), held('domain-gp')];
    expect(quotaDifferences({ quotas, permittedQuotas: [] }, standing)).toEqual({
      wrong: [],
      surplus: [],
    });
  });
});

describe('what nobody decided', () => {
  it('is a topic under a prefix of the mesh; not one of another house, nor a dead letter topic', () => {
    const standing = ['gp.rogue.v1', 'payroll.v1', 'gp.dead-letter.board', 'gp.old.v1', 'share.x'];
    expect(undecidedTopics(decided({ permittedTopics: ['gp.old.v1'] }), standing)).toEqual([
      'gp.rogue.v1',
      'share.x',
    ]);
  });

  it('is a subject that is no decided one: in a shared registry under a prefix of the mesh, else any', () => {
    const state = decided({
      subjects: ['gp.medication-statement.v1-value'],
      permittedSubjects: ['gp.old.v1-value'],
    });
    const standing = [...state.subjects, 'gp.old.v1-value', 'gp.rogue-value', 'pay-value'];
    expect(undecidedSubjects(state, standing, true)).toEqual(['gp.rogue-value']);
    expect(undecidedSubjects(state, standing, false)).toEqual(['gp.rogue-value', 'pay-value']);
  });
});

describe('the settings of topics', () => {
  const turns = [0, 1, 2, 3];
  const lookedAt = (topic: string) => turns.filter((turn) => isLookedAt(topic, turn));

  it.each(['gp.medication-statement.v1', 'mesh.governance-events', 'shared.thing.v1'])(
    'are looked at in each turn: %s',
    (topic) => expect(lookedAt(topic)).toEqual(turns),
  );

  it('are looked at in every second where they are of a grant, and not all in the same', () => {
    const ids = Array.from({ length: 20 }, (_, n) => `share.grant${n}aaaa.notices.v1`);
    const found = new Set(ids.map((topic) => lookedAt(topic).join()));
    expect(found).toEqual(new Set(['0,2', '1,3']));
  });
});
