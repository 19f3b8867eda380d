import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { names } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { Access, isRemovable } from '../broker/access.js';
import { compareRules, concernsMesh, isOfMesh, keyOf } from '../broker/access-rules.js';
import type { AccessRule } from '../broker/access-rules.js';
import { Quotas, quotaValues } from '../broker/quotas.js';
import type { StandingQuota } from '../broker/quotas.js';
import { Topics } from '../broker/topics.js';
import type { Decided } from './decided.js';
import type { Drift, Found } from './drifts.js';

/**
 * The settings of a topic are some 35, and grants have three topics each: with 200 of them, describing all every four seconds was a fifteenth of
 * what the broker did (ADR 037). Half of them at a time are all of them every eight seconds.
 */
const TURNS_OF_GRANTS = 2;

/** Puts right what differs from what was decided, having said first what does. */
@Injectable()
export class Repair {
  readonly #access: Access;
  readonly #topics: Topics;
  readonly #quotas: Quotas;

  constructor(access: Access, topics: Topics, quotas: Quotas) {
    this.#access = access;
    this.#topics = topics;
    this.#quotas = quotas;
  }

  /**
   * Topics that were gone and settings that were changed, put right; and what nobody here can put right: other
   * numbers of partitions, and topics under a prefix of the mesh that nobody decided (records may be in them).
   * @param turn how often this was done before: what is of grants takes turns
   */
  async topics(
    decided: Decided,
    turn: number,
    found: Found,
  ): Promise<{ repaired: Drift[]; standing: Drift[] }> {
    const topicDrift = (topic: string, was: string): Drift => ({
      kind: 'topic',
      object: `topic:${topic}`,
      detail: { was },
    });
    let repaired: Drift[] = [];
    const looked = (topic: string) => isLookedAt(topic, turn);
    const { differing, standing } = await this.#topics.hold(
      decided.topics,
      looked,
      async (work) => {
        repaired = [
          ...work.created.map((topic) => topicDrift(topic, 'missing')),
          ...work.repaired.map(({ topic, ...detail }): Drift => ({
            kind: 'setting',
            object: `topic:${topic}`,
            detail,
          })),
        ];
        await found(repaired);
      },
    );
    return {
      repaired,
      standing: [
        ...undecidedTopics(decided, standing).map((topic) => topicDrift(topic, 'not decided')),
        ...differing.map(({ topic, planned, held }): Drift => ({
          kind: 'partitions',
          object: `topic:${topic}`,
          detail: { planned, held },
        })),
      ],
    };
  }

  /**
   * Access rules that were missing, and those nobody decided. What stands is read before what was decided:
   * a rule set in between for a new grant is then no surplus. What was decided is read again after: a rule
   * set here for a grant that ended in between is taken back, and one taken away here that was decided in between is set again.
   * Both are looked for twice: a grant's rules may have been set, or taken away, between the two, and a KRaft broker lists
   * from a copy of its own that may be behind what its controller answered (30 ms on full cores, one list in twelve).
   * What is missing is set before the surplus goes: governance needs its own rules for both. What is of a kind that is newer than
   * the clients here stays, and is said.
   */
  async rules(
    read: () => Promise<Decided>,
    found: Found,
  ): Promise<{ repaired: Drift[]; standing: Drift[] }> {
    const standing = await this.#access.standing();
    const decided = await read();
    const { missing: unseen, surplus: seen } = differences(decided, standing);
    const again = unseen.length + seen.length === 0 ? standing : await this.#access.standing();
    const { missing } = compareRules(unseen, again);
    const stillThere = new Set(again.map(keyOf));
    const unwanted = seen.filter((rule) => stillThere.has(keyOf(rule)));
    const surplus = unwanted.filter(isRemovable);
    const drifts = [
      ...missing.map((rule) => driftOf(rule, 'missing')),
      ...surplus.map((rule) => driftOf(rule, 'not decided')),
    ];
    await found(drifts);
    await this.#access.permit(missing);
    await this.#access.withdraw(surplus);
    if (drifts.length > 0) {
      const now = await read();
      await this.#access.withdraw(differences(now, missing).surplus);
      const undecided = new Set(differences(now, surplus).surplus);
      await this.#access.permit(surplus.filter((rule) => !undecided.has(rule)));
    }
    return { repaired: drifts, standing: unremovable(unwanted) };
  }

  /** Quotas that were missing, changed, or decided by nobody. Read in the order of rules, and twice, for the same reasons. */
  async quotas(read: () => Promise<Decided>, found: Found): Promise<Drift[]> {
    const standing = await this.#quotas.standing();
    const decided = await read();
    const seen = quotaDifferences(decided, standing);
    if (seen.wrong.length + seen.surplus.length === 0) return [];
    const again = await this.#quotas.standing();
    const still = quotaDifferences(decided, again);
    const wrong = still.wrong.filter((principal) => seen.wrong.includes(principal));
    const placesSeen = new Set(seen.surplus.map(quotaPlace));
    const surplus = still.surplus.filter((one) => placesSeen.has(quotaPlace(one)));
    const drifts = [
      ...wrong.map((principal) => quotaDrift(principal, heldBy(again, principal))),
      ...surplus.map(({ principal, clientId, values }) =>
        quotaDrift(
          principal ?? EVERYBODY,
          { ...values, ...(clientId === null ? {} : { clientId }) },
          null,
        ),
      ),
    ];
    await found(drifts);
    await this.#quotas.remove(surplus);
    await this.#quotas.hold(
      wrong.flatMap((name) => entryOf(decided, name)),
      again,
    );
    return drifts;
  }
}

/** What is missing of the decided rules, and which standing ones are the mesh's business and decided by nobody. Pure. */
export function differences(decided: Decided, standing: readonly AccessRule[]) {
  const { missing } = compareRules(decided.rules, standing);
  const allowed = new Set([...decided.rules, ...decided.permitted].map(keyOf));
  const surplus = standing.filter(
    (rule) => !allowed.has(keyOf(rule)) && concernsMesh(rule, decided.domains),
  );
  return { missing, surplus };
}

function driftOf({ principal, ...rule }: AccessRule, was: string): Drift {
  return { kind: 'rule', object: `principal:${principal}`, detail: { was, ...rule } };
}

// What stands is reported once for each object, so a principal's rules are one.
function unremovable(rules: readonly AccessRule[]): Drift[] {
  const byPrincipal = Map.groupBy(
    rules.filter((rule) => !isRemovable(rule)),
    ({ principal }) => principal,
  );
  return [...byPrincipal].map(([principal, theirs]) => ({
    kind: 'rule',
    object: `principal:${principal}`,
    detail: { was: 'not decided', rules: theirs.map(({ principal: _, ...rule }) => rule) },
  }));
}

/** Topics under a prefix of the mesh that nobody decided. A domain's dead letters are made at its consumers' wish. Pure. */
export function undecidedTopics(
  { domains, topics, permittedTopics }: Decided,
  standing: readonly string[],
): string[] {
  const allowed = new Set([...topics.map(({ name }) => name), ...permittedTopics]);
  return standing.filter(
    (topic) =>
      !allowed.has(topic) &&
      isOfMesh(topic, domains) &&
      names.parseTopic(topic)?.kind !== 'dead-letter',
  );
}

/**
 * Principals whose quota is missing or another, and standing quotas of the mesh's principals, and of everybody, that
 * nobody decided. Pure.
 */
export function quotaDifferences(
  { quotas, permittedQuotas }: Pick<Decided, 'quotas' | 'permittedQuotas'>,
  standing: readonly StandingQuota[],
): { wrong: string[]; surplus: StandingQuota[] } {
  const held = new Map(
    standing.filter(({ clientId }) => clientId === null).map((one) => [one.principal, one.values]),
  );
  const wrong = [...quotas].filter(
    ([principal, quota]) => !isDeepStrictEqual(held.get(principal), quotaValues(quota)),
  );
  const allowed = new Set([...quotas.keys(), ...permittedQuotas]);
  const surplus = standing.filter(
    ({ principal, clientId }) =>
      // One of everybody is one of the mesh's own services, which have none of their own.
      principal === null ||
      (/^(domain|grant|svc)-/.test(principal) && (clientId !== null || !allowed.has(principal))),
  );
  return { wrong: wrong.map(([principal]) => principal), surplus };
}

function entryOf({ quotas }: Decided, principal: string) {
  const quota = quotas.get(principal);
  return quota ? [[principal, quota] as const] : [];
}

function heldBy(standing: readonly StandingQuota[], principal: string) {
  return standing.find((one) => one.principal === principal && one.clientId === null)?.values;
}

// As the broker's own tools write it.
const EVERYBODY = '<default>';

const quotaPlace = ({ principal, clientId }: StandingQuota): string =>
  `${principal ?? EVERYBODY} ${clientId ?? ''}`;

function quotaDrift(principal: string, was: object | undefined, is?: null): Drift {
  const detail = { was: was ?? 'missing', ...(is === null ? { is: 'not decided' } : {}) };
  return { kind: 'quota', object: `principal:${principal}`, detail };
}

/** Whether a topic's settings are looked at in this turn: what is of a grant in every second, everything else in each. Pure. */
export function isLookedAt(topic: string, turn: number): boolean {
  return !topic.startsWith('share.') || crc32(topic) % TURNS_OF_GRANTS === turn % TURNS_OF_GRANTS;
}
