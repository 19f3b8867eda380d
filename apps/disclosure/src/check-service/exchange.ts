import { Problem, withConnection } from '@caremesh/platform';
import type { ErrorEntry, Logger } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';

import type { Cohort } from '../choices/cohort.js';
import type { CleanedList, Lists } from '../choices/lists.js';
import { disclosureErrors } from '../errors.js';
import { readCleanedList } from './cleaned-list.js';
import { doubtOf, saysTheSame } from './doubt.js';
import type { Mailbox, Message } from './mailbox.js';
import type { Mailboxes } from './mailboxes.js';
import { NewPeople } from './new-people.js';
import { requestFile, requestName, shuffled } from './request-file.js';
import { Requests, standings } from './requests.js';
import type { Standing } from './requests.js';

/** How often is asked. */
export type Pace = {
  /** A list is asked for again at this age. */
  refreshMs: number;
  /** After people came that no list knows, or after trouble, not before this long since the last request. */
  againMs: number;
  /** A request without an answer is given up after this long. */
  answerMs: number;
};

type Parts = {
  pool: Pool;
  mailboxes: Mailboxes;
  cohort: Cohort;
  lists: Lists;
  requests: Requests;
  pace: Pace;
  log: Logger;
};

const LOCK = 'caremesh check-service';

/** Asks the check service for the lists of all organisations, and puts in force what it answers. */
export class Exchange {
  readonly #parts: Parts;
  readonly #told = new Map<string, string>();
  readonly #newPeople = new NewPeople();
  /** Of each organisation the last answer, if it was doubted. */
  readonly #doubted = new Map<string, CleanedList>();
  /** Of each mailbox the messages that are not ours, which were told of. */
  readonly #foreign = new Map<string, ReadonlySet<string>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One look, by one instance at a time. Trouble with one mailbox keeps no other organisation waiting. */
  async look(): Promise<void> {
    const { pool, lists } = this.#parts;
    for (const organisation of await lists.expire()) this.#tellExpired(organisation);
    await withConnection(pool, async (client, breaks) => {
      try {
        await this.#lookOn(client);
      } catch (error) {
        // It may hold the lock or be within a transaction still.
        breaks(error as Error);
        throw error;
      }
    });
  }

  async #lookOn(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ mine: boolean }>(
      `SELECT pg_try_advisory_lock(hashtext('${LOCK}')) AS mine`,
    );
    if (!rows[0]!.mine) return;
    try {
      await this.#exchange(client);
    } finally {
      await client.query(`SELECT pg_advisory_unlock(hashtext('${LOCK}'))`);
    }
  }

  async #exchange(client: PoolClient): Promise<void> {
    const all = await standings(client);
    for (const standing of all) {
      await this.#trying(client, [standing.organisation], () => this.#askIfDue(client, standing));
    }
    const open = await standings(client, true);
    // By name: where several organisations share a mailbox, its answers are for any of them.
    const boxes = new Map<string, { box: Mailbox; waiting: Standing[] }>();
    for (const one of open) {
      const box = this.#parts.mailboxes(one.organisation);
      if (box) boxes.set(box.id, { box, waiting: [...(boxes.get(box.id)?.waiting ?? []), one] });
    }
    for (const { box, waiting } of boxes.values()) {
      const organisations = waiting.map(({ organisation }) => organisation);
      // Out of reach for a moment, a mailbox has the answer when it is back: who asked anew would wait for it twice.
      const work = () => this.#receive(client, box, waiting);
      await this.#trying(client, organisations, work, mayPass);
    }
  }

  async #askIfDue(client: PoolClient, standing: Standing): Promise<void> {
    const { organisation, editions } = standing;
    const { mailboxes, cohort, pool, requests, pace } = this.#parts;
    const box = mailboxes(organisation);
    if (box === null) {
      return this.#trouble(client, [organisation], disclosureErrors.mailboxMissing.code);
    }
    const due = dueBy(standing, pace, box, Date.now());
    if (due === 'no') return;
    if (due === 'if people came' && !(await this.#newPeople.since(client, standing))) return;
    const at = new Date();
    const { numbers: people, rows } = await cohort.numbers(pool, editions);
    if (people.length === 0) return;
    const numbers = shuffled(people);
    const name = requestName(box.id, at, await requests.next(client, box.id, at));
    await box.send(name, requestFile(numbers));
    await requests.sent(client, organisation, { name, numbers, rows, at });
  }

  async #receive(client: PoolClient, box: Mailbox, waiting: readonly Standing[]): Promise<void> {
    const ids = await box.waiting();
    const known = this.#foreign.get(box.id) ?? new Set();
    const foreign = new Set(ids.filter((id) => known.has(id)));
    this.#foreign.set(box.id, foreign);
    let open = waiting;
    for (const id of ids) {
      if (foreign.has(id)) continue;
      const message = await box.fetch(id);
      if (message.foreign) {
        foreign.add(id);
        this.#tellForeign(box, id);
        continue;
      }
      const answered = answeredBy(message, box, open);
      const { report, bytes } = message;
      if (answered) await this.#take(client, answered.organisation, report ? null : bytes);
      // Of a request that is answered, or given up, nothing more counts: the same may come twice.
      open = open.filter((one) => one !== answered);
      await box.acknowledge(id);
    }
  }

  /** Null: the exchange told that the request could not be delivered. */
  async #take(client: PoolClient, organisation: string, bytes: Buffer | null): Promise<void> {
    const { lists, requests } = this.#parts;
    if (bytes === null) {
      return this.#trouble(client, [organisation], disclosureErrors.requestNotDelivered.code);
    }
    const asked = await requests.askedAbout(client, organisation);
    const listed = readCleanedList(bytes, asked);
    if ('fault' in listed) {
      this.#doubted.delete(organisation);
      return this.#refuse(client, organisation, disclosureErrors.listUnreadable, listed.fault);
    }
    const list = { listed, asked };
    const doubt = await this.#doubt(client, organisation, list);
    if (doubt !== null) {
      this.#doubted.set(organisation, list);
      return this.#refuse(client, organisation, disclosureErrors.listDoubted, doubt);
    }
    // Not `inTransaction`: it is on the connection that holds the lock of the look, so that a look that lost the lock writes nothing.
    await client.query('BEGIN');
    try {
      await lists.accept(client, organisation, list);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
    this.#told.delete(organisation);
    this.#doubted.delete(organisation);
  }

  /** Why a list is not believed yet; null if it is, or if another answer has said the same. */
  async #doubt(client: PoolClient, organisation: string, list: CleanedList) {
    const inForce = await this.#parts.lists.inForce(client, [organisation]);
    const doubt = doubtOf(list, inForce.get(organisation) ?? null);
    const doubted = this.#doubted.get(organisation);
    return doubt !== null && doubted !== undefined && saysTheSame(doubted, list) ? null : doubt;
  }

  async #refuse(
    client: PoolClient,
    organisation: string,
    { code, title }: ErrorEntry,
    why: string,
  ): Promise<void> {
    this.#parts.log.error({ code, organisation, why }, title);
    await this.#trouble(client, [organisation], code);
  }

  async #trying(
    client: PoolClient,
    organisations: readonly string[],
    work: () => Promise<void>,
    staysAsked: (error: unknown) => boolean = () => false,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Whatever it is, the others are exchanged with; where it is the database, writing it down fails for all of them.
      const { code } = error instanceof Problem ? error : disclosureErrors.exchangeFailed;
      await this.#trouble(client, organisations, code, { err: error, stays: staysAsked(error) });
    }
  }

  async #trouble(
    client: PoolClient,
    organisations: readonly string[],
    code: string,
    { err, stays = false }: { err?: unknown; stays?: boolean } = {},
  ): Promise<void> {
    for (const organisation of organisations) {
      await this.#parts.requests.trouble(client, organisation, code, stays);
      if (this.#told.get(organisation) === code) continue;
      this.#told.set(organisation, code);
      this.#parts.log.warn({ code, organisation, err }, 'No new cleaned list can be had');
    }
  }

  #tellForeign({ id: mailbox }: Mailbox, message: string): void {
    const { code, title } = disclosureErrors.messageForeign;
    this.#parts.log.warn({ code, mailbox, message }, title);
  }

  #tellExpired(organisation: string): void {
    const { code, title } = disclosureErrors.listExpired;
    this.#parts.log.error({ code, organisation }, title);
  }
}

const mayPass = (error: unknown): boolean => error instanceof Problem && error.retriable;

/**
 * Whose request a message answers. What the answer's file is called is the service's affair: where one request is under way
 * it answers that one, unless it names another of ours: the late answer to a request that was given up is out of date.
 */
export function answeredBy<T extends Pick<Standing, 'request'>>(
  { localId, fileName }: Pick<Message, 'localId' | 'fileName'>,
  { id }: Pick<Mailbox, 'id'>,
  waiting: readonly T[],
): T | undefined {
  const names = [localId, fileName].filter((name) => name !== null);
  const named = waiting.find(({ request }) => names.some((name) => name.startsWith(request!)));
  if (named || waiting.length !== 1) return named;
  return names.some((name) => name.startsWith(`${id}-`)) ? undefined : waiting[0];
}

/** Whether an organisation's list is to be asked for now. Pure. */
export function dueBy(
  { received, request, asked, trouble, filling }: Standing,
  { refreshMs, againMs, answerMs }: Pace,
  box: Pick<Mailbox, 'changedAt'>,
  now: number,
): 'yes' | 'if people came' | 'no' {
  const sinceAsked = asked === null ? Infinity : now - asked;
  if (request !== null) return sinceAsked >= answerMs ? 'yes' : 'no';
  if (sinceAsked < againMs) return 'no';
  if (received === null || trouble || now - received >= refreshMs) return 'yes';
  if ((box.changedAt?.() ?? 0) > (asked ?? 0)) return 'yes';
  // Views that are being filled hold back those whom the next list will know; one list at a time.
  return filling ? 'no' : 'if people came';
}
