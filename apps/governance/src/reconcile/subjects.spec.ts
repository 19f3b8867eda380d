import { beforeEach, describe, expect, it } from 'vitest';
import type { RegisteredSchema, Registry } from '../registry/registry.js';
import type { Settings } from '../settings.js';
import type { DecidedSchemas } from './decided-schemas.js';
import type { Decided } from './decided.js';
import { SubjectRepair } from './subjects.js';

const PRODUCT = 'gp.medication-statement.v1-value';
const VIEW = 'share.abcdefgh.gp.medication-statement.v1-value';
const SCHEMA = '{"type":"string"}';

/** A registry that counts what it is asked about single subjects. */
class Counted {
  readonly asked: string[] = [];
  readonly held = new Map<string, RegisteredSchema[]>([
    [PRODUCT, [{ id: 1, schema: SCHEMA }]],
    [VIEW, [{ id: 2, schema: SCHEMA }]],
  ]);
  lists = true;
  next = 1;

  async subjects(): Promise<string[]> {
    return [...this.held.keys()];
  }
  async marks(): Promise<Map<string, string> | null> {
    if (!this.lists) return null;
    return new Map(
      [...this.held].map(([subject, all]) => [subject, all.map(({ id }) => id).join()]),
    );
  }
  async repair(subject: string): Promise<boolean> {
    this.asked.push(`compatibility ${subject}`);
    return false;
  }
  async versionsOf(subject: string): Promise<number[]> {
    this.asked.push(`versions ${subject}`);
    return this.held.get(subject)!.map((_, at) => at + 1);
  }
  async version(subject: string, version: number): Promise<RegisteredSchema> {
    return this.held.get(subject)![version - 1]!;
  }
  async register(subject: string, schema: string): Promise<number> {
    this.held.set(subject, [{ id: this.next, schema }]);
    return this.next;
  }
  async remove(subject: string, version: number): Promise<'removed'> {
    this.held.get(subject)!.splice(version - 1, 1);
    return 'removed';
  }
}

let registry: Counted;
let repair: SubjectRepair;
let published: Map<string, number[]>;
beforeEach(() => {
  registry = new Counted();
  published = new Map([
    [PRODUCT, [1]],
    [VIEW, [2]],
  ]);
  const schemas = {
    of: async () => [SCHEMA],
    published: async (subject: string) => published.get(subject)!,
  };
  repair = new SubjectRepair(
    registry as unknown as Registry,
    schemas as unknown as DecidedSchemas,
    { registryShared: false } as Settings,
  );
});

const decided = {
  subjects: [PRODUCT, VIEW],
  permittedSubjects: [],
  carrying: [] as string[],
  domains: ['gp'],
};
const whole = () =>
  repair.run(
    async () => decided as unknown as Decided,
    () => async () => undefined,
  );
const turn = async () => (await whole()).repaired;
const ofVersions = () => registry.asked.filter((one) => one.startsWith('versions'));

describe('subjects that were found right', () => {
  it('are not asked about again while one listing says that nothing changed', async () => {
    expect(await turn()).toEqual([]);
    expect(ofVersions().toSorted()).toEqual([`versions ${PRODUCT}`, `versions ${VIEW}`]);
    registry.asked.length = 0;
    for (let n = 0; n < 8; n++) expect(await turn()).toEqual([]);
    expect(ofVersions()).toEqual([]);
    // The product's compatibility each turn, that of a view, where only governance registers, once in eight.
    const asked = (subject: string) => registry.asked.filter((one) => one.endsWith(` ${subject}`));
    expect([asked(PRODUCT).length, asked(VIEW).length]).toEqual([8, 1]);
  });

  it('lose a version that nobody decided in the turn that lists it', async () => {
    await turn();
    registry.held.get(VIEW)!.push({ id: 9, schema: '{"type":"int"}' });
    const [drift] = await turn();
    expect(drift).toEqual({
      kind: 'subject',
      object: `subject:${VIEW}`,
      detail: { was: 'not decided', versions: [2], schemaId: 9 },
      done: { done: 'removed' },
    });
    expect(registry.held.get(VIEW)).toEqual([{ id: 2, schema: SCHEMA }]);
    expect(await turn()).toEqual([]);
  });

  it('lose an old version whose number was given to another', async () => {
    registry.held.get(VIEW)!.push({ id: 3, schema: SCHEMA });
    await turn();
    registry.held.get(VIEW)![0] = { id: 9, schema: '{"type":"int"}' };
    const [drift] = await turn();
    expect(drift?.detail).toEqual({ was: 'not decided', versions: [1], schemaId: 9 });
  });

  it('are looked at each turn where the registry has no such listing', async () => {
    registry.lists = false;
    for (let n = 0; n < 3; n++) await turn();
    expect(ofVersions()).toHaveLength(6);
  });
});

describe('a subject that was deleted', () => {
  it.each([true, false])('comes back as its file has it; listing: %s', async (lists) => {
    registry.lists = lists;
    await whole();
    registry.held.delete(PRODUCT);
    const drift = { kind: 'subject', object: `subject:${PRODUCT}`, detail: { was: 'missing' } };
    expect(await whole()).toEqual({
      repaired: [{ ...drift, done: { schemaIds: [1] } }],
      standing: [],
    });
    expect(registry.held.get(PRODUCT)).toEqual([{ id: 1, schema: SCHEMA }]);
    expect(await whole()).toEqual({ repaired: [], standing: [] });
  });

  it('and comes back under another id is said to stand for as long as it does', async () => {
    await whole();
    registry.held.delete(PRODUCT);
    registry.next = 17;
    const stands = [
      {
        ...{ kind: 'subject', object: `subject:${PRODUCT}` },
        detail: { was: 'other schema ids', published: [1], held: [17] },
        foundAs: { was: 'missing' },
      },
    ];
    for (let n = 0; n < 3; n++) expect((await whole()).standing).toEqual(stands);
    // While its next version is carried out it is left alone, and stands no less.
    decided.carrying.push(PRODUCT);
    expect(await whole()).toEqual({ repaired: [], standing: stands });
    decided.carrying.pop();
    published.set(PRODUCT, [17]);
    expect(await whole()).toEqual({ repaired: [], standing: [] });
  });
});
