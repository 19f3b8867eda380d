import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { keyOf } from './access-rules.js';
import type { AccessRule } from './access-rules.js';
import { Access, isRemovable, rulesOf } from './access.js';

const { AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const READ = 3;
const standingRule = { principal: 'User:grant-abcdefgh', host: '*', operation: READ };
const onTopic = (change: object, resourceType: number = AclResourceTypes.TOPIC) => ({
  resourceType,
  resourceName: 'gp.medication-statement.v1',
  resourcePatternType: ResourcePatternTypes.LITERAL,
  acls: [{ ...standingRule, permissionType: AclPermissionTypes.ALLOW, ...change }],
});
const read: AccessRule = {
  principal: 'grant-abcdefgh',
  resource: 'topic',
  name: 'gp.medication-statement.v1',
  pattern: 'literal',
  operation: 'READ',
};

describe('a rule as the broker lists it', () => {
  it('is for every host, or names the one', () => {
    expect(rulesOf(onTopic({}))).toEqual([read]);
    expect(rulesOf(onTopic({ host: '127.0.0.1' }))).toEqual([{ ...read, host: '127.0.0.1' }]);
  });

  it('is another rule for one host than for all', () => {
    expect(keyOf({ ...read, host: '127.0.0.1' })).not.toBe(keyOf(read));
    expect(keyOf({ ...read, host: '*' })).toBe(keyOf(read));
    expect(keyOf({ ...read, host: 'deny' })).not.toBe(keyOf({ ...read, deny: true }));
  });

  it.each([
    [onTopic({ operation: 13 }), { operation: 'CREATE_TOKENS' }],
    [onTopic({ operation: 14 }), { operation: 'DESCRIBE_TOKENS' }],
    [onTopic({ operation: 15 }), { operation: 'TWO_PHASE_COMMIT' }],
    [onTopic({}, 6), { resource: 'delegation-token' }],
    [onTopic({}, 7), { resource: 'user' }],
  ])('is listed though kafkajs has no name for it: %o', (listed, named) => {
    const [rule] = rulesOf(listed);
    expect(rule).toEqual({ ...read, ...named });
    expect(isRemovable(rule!)).toBe(true);
  });

  it('is listed by its number where nobody here has a name for it, and cannot be taken away', () => {
    const [rule] = rulesOf(onTopic({ operation: 99 }));
    expect(rule).toEqual({ ...read, operation: '99' });
    expect(isRemovable(rule!)).toBe(false);
  });

  it('keeps the type of a principal that is no user', () => {
    expect(rulesOf(onTopic({ principal: 'Group:readers' }))).toEqual([
      { ...read, principal: 'Group:readers' },
    ]);
  });
});

describe('taking rules away', () => {
  it('names the host, the type of the principal and the newer kinds as they were listed', async () => {
    const asked: [string, object][] = [];
    const by = (client: string) => (work: (admin: object) => Promise<unknown>) =>
      work({
        deleteAcls: ({ filters }: { filters: object[] }) =>
          Promise.resolve(asked.push(...filters.map((one): [string, object] => [client, one]))),
      });
    const access = new Access({ admin: by('kafkajs'), configs: by('platformatic') } as never);
    const listed = [
      onTopic({ host: '127.0.0.1', permissionType: AclPermissionTypes.DENY }),
      onTopic({ principal: 'Group:readers' }),
      onTopic({ operation: 13 }, 7),
    ];
    await access.withdraw(listed.flatMap(rulesOf));
    expect(asked).toEqual(
      [...listed.entries()].map(([at, { acls, ...resource }]) => [
        at === 2 ? 'platformatic' : 'kafkajs',
        { ...resource, ...acls[0] },
      ]),
    );
  });
});
