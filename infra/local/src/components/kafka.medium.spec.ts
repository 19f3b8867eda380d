import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { homeAt, makeHome, writeWhole } from '../home/paths.js';
import { kafka } from './kafka.js';

// Of somebody whose name Java would not read as it stands.
const home = homeAt(mkdtempSync(join(tmpdir(), 'caremesh Zoë’s kafka-')));
afterAll(() => rmSync(home.root, { recursive: true }));

// One of 64 begins with a hyphen.
it('formats its data under whatever cluster id was drawn, wherever the home lies', async () => {
  const id = '-Rd5ZCMtIXRtySD9NWc0Ug';
  makeHome(home);
  writeWhole(join(home.data, 'kafka-cluster-id'), id);
  await kafka(home, {
    ports: { client: 1, internal: 2, controller: 3 },
    issuer: 'http://127.0.0.1:4',
    jwksUrl: 'http://127.0.0.1:4/jwks',
    principalClaim: 'principal',
    isHasty: false,
    jars: join(import.meta.dirname, '../../target/kafka'),
    environment: {},
    archive: null,
  }).prepare?.();
  expect(readFileSync(join(home.data, 'kafka', 'meta.properties'), 'utf8').split('\n')).toContain(
    `cluster.id=${id}`,
  );
});
