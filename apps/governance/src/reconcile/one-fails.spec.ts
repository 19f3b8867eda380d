import { setImmediate as turn } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { SubjectRepair } from './subjects.js';

it('a subject that fails leaves nothing at work behind it, and no other unlooked at', async () => {
  const subjects = Array.from({ length: 40 }, (_, n) => `gp.p${n}.v1-value`);
  const looked: string[] = [];
  const registry = {
    ...{ subjects: () => Promise.resolve(subjects), marks: () => Promise.resolve(null) },
    versionsOf: () => Promise.resolve([]),
    repair: async (subject: string) => {
      if (subject === subjects[0]) throw new Error('409');
      await turn();
      looked.push(subject);
      return true;
    },
  };
  const schemas = { published: () => Promise.resolve([]), of: () => Promise.resolve([]) };
  const parts = [registry, schemas, { registryShared: false }];
  const repair = new SubjectRepair(
    ...(parts as unknown as ConstructorParameters<typeof SubjectRepair>),
  );
  const decided = { domains: ['gp'], subjects, permittedSubjects: [], carrying: [] } as never;
  await expect(
    repair.run(
      () => Promise.resolve(decided),
      () => () => Promise.resolve(),
    ),
  ).rejects.toThrow('409');
  expect(looked).toHaveLength(39);
});
