import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { readSchema } from '../avro/read-schema.js';
import { asField, COMPATIBLE, INCOMPATIBLE } from './avro-cases.fixture.js';
import type { Change } from './change.js';
import { threeVersions } from './generated-schemas.fixture.js';
import { javaVerdicts, prepareJava, type Asked, type Verdict } from './java-verdicts.fixture.js';
import { misreads } from './resolution.js';
import { structuralChanges } from './structure.js';

/** 300 in `npm test`; `npm run compatibility` asks for 5,000. */
const PAIRS = Number(process.env['MESH_COMPATIBILITY_PAIRS'] ?? 300);
/** The registry answers over HTTP, some twenty requests for a case: fewer in `npm test`. */
const REGISTRY_PAIRS = Math.min(PAIRS / 50, 100);

const MODES = {
  NONE: { back: false, forth: false, all: false },
  BACKWARD: { back: true, forth: false, all: false },
  BACKWARD_TRANSITIVE: { back: true, forth: false, all: true },
  FORWARD: { back: false, forth: true, all: false },
  FORWARD_TRANSITIVE: { back: false, forth: true, all: true },
  FULL: { back: true, forth: true, all: false },
  FULL_TRANSITIVE: { back: true, forth: true, all: true },
} as const;
type Mode = keyof typeof MODES;
const modes = Object.keys(MODES) as Mode[];

const root = (schema: object) => readSchema(schema).root!;
const canRead = (reader: object, writer: object) =>
  misreads(root(reader), root(writer)).length === 0;

/** Whether the mode lets the candidate follow, where `reads` and `isRead` say how it stands to each version before. */
function allows(mode: Mode, { reads, isRead }: Pick<Verdict, 'reads' | 'isRead'>): boolean {
  const { back, forth, all } = MODES[mode];
  const held = reads.map((_, i) => i).slice(all ? 0 : -1);
  return held.every((i) => (!back || reads[i]!) && (!forth || isRead[i]!));
}

function ours({ history, candidate }: Asked): Pick<Verdict, 'reads' | 'isRead'> {
  return {
    reads: history.map((held) => canRead(candidate, held)),
    isRead: history.map((held) => canRead(held, candidate)),
  };
}

/**
 * Where our verdict on two versions is stricter than Avro's FULL: what the mesh calls breaking though each version can
 * read the other. Every such case has one of these reasons, and the stricter verdict stands.
 */
const STRICTER: [reason: string, (change: Change) => boolean][] = [
  [
    'a dropped field has a default: readers get that instead of what they rely on',
    (change) => change.kind === 'field-removed',
  ],
  [
    'a rename by alias: who reads by the old name finds nothing; code made from the old name does not fit',
    (change) => change.kind === 'naming',
  ],
  [
    'a changed or dropped default: the same record is read with different values',
    (change) => change.kind === 'default',
  ],
  [
    'symbols removed, reordered, or with another fallback: read, but not as they were meant',
    (change) => change.kind === 'symbols',
  ],
  [
    'a logical type, or bytes as text: the same bytes mean something else',
    (change) => change.kind === 'type' && / changes from | changes to /.test(change.sentence),
  ],
  [
    'null allowed or forbidden in a field that some version need not read',
    (change) => change.kind === 'type' && /null/.test(change.sentence),
  ],
];

/** The same cases in each `npm test`; those asked for on demand are new ones. The seed is said with what fails. */
const seed = Number(process.env['MESH_SEED'] ?? (PAIRS > 300 ? Date.now() % 1_000_000_007 : 4));
const cases: Asked[] = fc
  .sample(threeVersions, { numRuns: PAIRS, seed })
  .map(([oldest, latest, candidate]) => ({ history: [oldest, latest], candidate }));
const published: Asked[] = [...COMPATIBLE, ...INCOMPATIBLE].map(([reader, writer]) => ({
  history: [asField(writer)],
  candidate: asField(reader),
}));
const shown = (asked: Asked) => `seed ${seed}: ${JSON.stringify(asked)}`;

describe("Apache Avro's own checker", () => {
  let verdicts: Verdict[];
  beforeAll(async () => {
    await prepareJava();
    verdicts = await javaVerdicts([...cases, ...published]);
  }, 170_000);

  it('and ours agree in every mode', () => {
    const seen = { allowed: 0, refused: 0 };
    cases.forEach((asked, at) => {
      const [mine, java] = [ours(asked), verdicts[at]!];
      for (const mode of modes) {
        const verdict = allows(mode, mine);
        expect([mode, verdict, shown(asked)]).toEqual([mode, allows(mode, java), shown(asked)]);
        seen[verdict ? 'allowed' : 'refused'] += 1;
      }
    });
    // Neither answer is rare: a checker that always says the same would not pass.
    expect(Math.min(seen.allowed, seen.refused)).toBeGreaterThan(PAIRS);
  });

  it("and its validator, where that refuses, never find ours milder but for a name's namespace", () => {
    cases.forEach((asked, at) => {
      const mine = ours(asked);
      for (const mode of modes.filter((one) => !verdicts[at]!.validator[one])) {
        if (hasOtherNamespaces(asked)) continue;
        expect([mode, allows(mode, mine), shown(asked)]).toEqual([mode, false, shown(asked)]);
      }
    });
  });

  it('is never stricter than our list of changes, and milder only for a reason that is listed', () => {
    const unexplained: string[] = [];
    cases.forEach((asked, at) => {
      const breaking = structuralChanges(root(asked.history.at(-1)!), root(asked.candidate)).filter(
        (change) => change.class === 'breaking',
      );
      if (!allows('FULL', verdicts[at]!)) return expect(breaking, shown(asked)).not.toEqual([]);
      for (const change of breaking) {
        if (!STRICTER.some(([, explains]) => explains(change)))
          unexplained.push(`${change.sentence} ${shown(asked)}`);
      }
    });
    expect(unexplained).toEqual([]);
  });

  it('and the published cases say the same', () => {
    expect(verdicts.slice(cases.length).map(({ reads }) => reads[0])).toEqual([
      ...COMPATIBLE.map(() => true),
      ...INCOMPATIBLE.map(() => false),
    ]);
  });
});

function hasOtherNamespaces({ history, candidate }: Asked): boolean {
  const namespaces = [...history, candidate].map(
    (one) => (one as { namespace?: string }).namespace,
  );
  return new Set(namespaces).size > 1;
}

/**
 * Governance's token for the registry of this run, once both are ready. By hand: the library that would do it
 * stands on people made by a library that stands on this one.
 */
async function registryToken({ home, issuer, registryUrl }: Running): Promise<string> {
  const answers = (url: string) =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  const discovery = `${issuer}/.well-known/openid-configuration`;
  for (const url of [discovery, `${registryUrl}/subjects`])
    await vi.waitUntil(() => answers(url), { timeout: 120_000, interval: 100 });
  const { token_endpoint } = (await (await fetch(discovery)).json()) as { token_endpoint: string };
  const answer = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'svc-governance',
      client_secret: readFileSync(join(home, 'secrets', 'svc-governance'), 'utf8').trim(),
      resource: 'urn:caremesh:mesh-registry',
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
type Running = { home: string; issuer: string; registryUrl: string };

describe('the registry', () => {
  it('and ours agree in every mode', async () => {
    const stack = inject('caremesh');
    const token = await registryToken(stack);
    const call = async (method: string, path: string, body: object) => {
      const response = await fetch(`${stack.registryUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/vnd.schemaregistry.v1+json',
        },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as { is_compatible?: boolean };
      expect([response.status, path, JSON.stringify(answer)]).toEqual([
        200,
        path,
        JSON.stringify(answer),
      ]);
      return answer;
    };
    for (const [at, asked] of cases.slice(0, REGISTRY_PAIRS).entries()) {
      const subject = `compatibility.case${at}`;
      for (const held of asked.history) {
        await call('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(held) });
        await call('PUT', `/config/${subject}`, { compatibility: 'NONE' });
      }
      for (const mode of modes) {
        await call('PUT', `/config/${subject}`, { compatibility: mode });
        const { is_compatible: verdict } = await call(
          'POST',
          // Asked without a version it answers for all of them, whatever the mode.
          `/compatibility/subjects/${subject}/versions${MODES[mode].all ? '' : '/latest'}`,
          { schema: JSON.stringify(asked.candidate) },
        );
        expect([mode, verdict, shown(asked)]).toEqual([
          mode,
          allows(mode, ours(asked)),
          shown(asked),
        ]);
      }
    }
  });
});
