import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { isOfMesh } from '../broker/access-rules.js';
import { Registry } from '../registry/registry.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { DecidedSchemas } from './decided-schemas.js';
import type { Decided } from './decided.js';
import type { Drift, Found } from './drifts.js';

// Requests under way at once: a registry is asked once or twice per subject.
const AT_ONCE = 8;
// The compatibility of a grant's subjects is looked at once in so many turns. Nobody but governance registers there, and a version
// of somebody else's is found in the next turn, whatever the compatibility; of 200 views it would be 400 requests a turn.
const GRANTS_EVERY = 8;
const OF_A_GRANT = /^share\./;

/**
 * Holds the registry's subjects against what was decided: a subject or a version that nobody decided goes, and each
 * subject keeps the compatibility of a major. What was registered and found right once is not read again, because
 * a version never changes: a subject whose versions are those that were found right needs no look, and one listing says
 * which those are.
 */
@Injectable()
export class SubjectRepair {
  readonly #registry: Registry;
  readonly #schemas: DecidedSchemas;
  readonly #isShared: boolean;
  // Under which id each was found right.
  readonly #right = new Map<string, number>();
  readonly #marks = new Map<string, string>();
  #turn = 0;

  constructor(registry: Registry, schemas: DecidedSchemas, @Inject(SETTINGS) settings: Settings) {
    this.#registry = registry;
    this.#schemas = schemas;
    this.#isShared = settings.registryShared;
  }

  /**
   * Subjects are read before what was decided: one registered in between for an approved version is no surplus. `standing`:
   * subjects without an id that was published.
   */
  async run(
    read: () => Promise<Decided>,
    foundBy: (decided: Decided) => Found,
  ): Promise<{ repaired: Drift[]; standing: Drift[] }> {
    const subjects = await this.#registry.subjects();
    const marks = await this.#registry.marks();
    const decided = await read();
    // By what is decided now, not when the turn began: a first turn makes topics for seconds, while the first domain may be
    // accepted and a subject smuggled in. The mesh itself has nothing to prepare in the registry.
    const found = foundBy(decided);
    const turn = this.#turn++ % GRANTS_EVERY;
    const drifts: Drift[] = [];
    const standing: Drift[] = [];
    await inTurns(undecidedSubjects(decided, subjects, this.#isShared), async (subject) => {
      drifts.push(await this.#removeSubject(subject, found));
    });
    await inTurns([...decided.subjects.entries()], async ([at, subject]) => {
      if (!subjects.includes(subject)) {
        drifts.push(...(await this.#restore(subject, decided, found)));
      }
      if (!OF_A_GRANT.test(subject) || at % GRANTS_EVERY === turn) {
        drifts.push(...(await this.#keepCompatibility(subject, found)));
      }
      const mark = marks?.get(subject);
      if (mark !== undefined && this.#marks.get(subject) === mark) return;
      // What a listing tells to have changed is read whole: an old number may be another version by now.
      const wrong = await this.#versions(subject, decided, found, mark !== undefined);
      drifts.push(...wrong.repaired);
      standing.push(...wrong.standing);
      const isRight = wrong.repaired.length + wrong.standing.length === 0;
      if (mark !== undefined && isRight && !decided.carrying.includes(subject)) {
        this.#marks.set(subject, mark);
      }
    });
    return { repaired: drifts, standing };
  }

  async #keepCompatibility(subject: string, found: Found): Promise<Drift[]> {
    const drift = compatibilityOf(subject);
    return (await this.#registry.repair(subject, () => found([drift]))) ? [drift] : [];
  }

  async #removeSubject(subject: string, found: Found): Promise<Drift> {
    const versions = await this.#registry.versionsOf(subject);
    const drift = driftOf(subject, { was: 'not decided', versions });
    await found([drift]);
    return { ...drift, done: { done: await this.#registry.remove(subject) } };
  }

  // Its records are read under the ids they carry, so what matters is that the registry gives the same ones again: it knows a
  // schema by its very text.
  async #restore(subject: string, { carrying }: Decided, found: Found): Promise<Drift[]> {
    const schemas = await this.#schemas.of(subject);
    if (carrying.includes(subject) || schemas === null) return [];
    const drift = driftOf(subject, MISSING);
    await found([drift]);
    for (const key of this.#right.keys()) {
      if (key.startsWith(`${subject} `)) this.#right.delete(key);
    }
    const schemaIds: number[] = [];
    for (const schema of schemas) {
      schemaIds.push(await this.#registry.register(subject, schema));
    }
    return [{ ...drift, done: { schemaIds } }];
  }

  async #versions(
    subject: string,
    { carrying }: Decided,
    found: Found,
    whole: boolean,
  ): Promise<{ repaired: Drift[]; standing: Drift[] }> {
    // Read before what is held: an id is registered first, and published after.
    const published = await this.#schemas.published(subject);
    const repaired: Drift[] = [];
    const held: number[] = [];
    const versions = await this.#registry.versionsOf(subject);
    for (const version of versions) {
      const key = `${subject} ${version}`;
      const known = this.#right.get(key);
      // The newest is looked at each time: whoever can delete for good can give its number to another.
      if (!whole && known !== undefined && version !== versions.at(-1)) {
        held.push(known);
        continue;
      }
      const registered = await this.#registry.version(subject, version);
      if (!registered) continue;
      if (await this.#isDecided(subject, registered.schema)) {
        this.#right.set(key, registered.id);
        held.push(registered.id);
        continue;
      }
      // Its next version is about to be there, approved but not yet published.
      if (carrying.includes(subject)) continue;
      const detail = { was: 'not decided', versions: [version], schemaId: registered.id };
      const drift = driftOf(subject, detail);
      await found([drift]);
      const done = await this.#registry.remove(subject, version);
      repaired.push({ ...drift, done: { done } });
    }
    const lost = published.filter((id) => !held.includes(id));
    return { repaired, standing: lost.length === 0 ? [] : [otherIds(subject, lost, held)] };
  }

  async #isDecided(subject: string, schema: string): Promise<boolean> {
    const decided = await this.#schemas.of(subject);
    if (decided === null) return true;
    const held: unknown = JSON.parse(schema);
    return decided.some((one) => isDeepStrictEqual(JSON.parse(one), held));
  }
}

/**
 * Subjects that stand and are decided by nobody. In a registry shared with other houses only those of the mesh, by
 * their prefix; in its own there is nobody else's, and a name outside every domain is no less smuggled in. Pure.
 */
export function undecidedSubjects(
  { domains, subjects, permittedSubjects }: Decided,
  standing: readonly string[],
  isShared: boolean,
): string[] {
  const allowed = new Set([...subjects, ...permittedSubjects]);
  return standing
    .filter((subject) => !allowed.has(subject))
    .filter((subject) => !isShared || isOfMesh(subject, domains));
}

const MISSING = { was: 'missing' };

// Nobody can have a registry give an id of its own again. What was found to be missing is not repaired by that.
function otherIds(subject: string, published: number[], held: number[]): Drift {
  const drift = driftOf(subject, { was: 'other schema ids', published, held });
  return { ...drift, foundAs: MISSING };
}

function driftOf(subject: string, detail: Record<string, unknown>): Drift {
  return { kind: 'subject', object: `subject:${subject}`, detail };
}

function compatibilityOf(subject: string): Drift {
  const detail = { was: 'another compatibility' };
  return { kind: 'compatibility', object: `subject:${subject}`, detail };
}

/** All have had their turn, and nothing is at work any more, when it ends; what failed of them first is thrown then. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift())
      await work(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
}
