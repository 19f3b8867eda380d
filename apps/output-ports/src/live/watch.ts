import { avroType } from '@caremesh/contract';
import { eachAlone } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { inspect } from '@caremesh/product';
import type { KafkaConnection, SchemaRegistry } from '@caremesh/product';

import type { Contract, Governance, Grant, GrantedView } from '../governance/governance.js';
import { columnsOf } from './columns.js';
import type { Filled } from './filled.js';
import type { LiveSet } from './live-set.js';
import type { Snapshots } from '../snapshots/snapshots.js';
import type { Port, Ports, PortView } from './ports.js';

type Parts = {
  governance: Pick<Governance, 'grant' | 'contractOf' | 'approvedSchemas'>;
  registry: Pick<SchemaRegistry, 'schema'>;
  connection: KafkaConnection;
  ports: Ports;
  live: LiveSet;
  filled: Pick<Filled, 'note' | 'forget'>;
  snapshots: Pick<Snapshots, 'cancel' | 'end' | 'forget'>;
  /** How long views keep a tombstone. */
  tombstonesKeptMs: number;
  log: Logger;
};

type Followed = { filling: number; reading: ReturnType<typeof inspect> };

/** How often it is noted that views are followed. */
const NOTED_EVERY_MS = 60_000;

/** Most records of one batch: JSON of some MB, one statement. */
const BATCH = 5_000;

/**
 * Keeps open ports in step with their grants: reads what they may give out, pauses those whose grant is suspended, and ends
 * those whose grant has ended.
 */
export class Watch {
  readonly #parts: Parts;
  readonly #followed = new Map<string, Followed>();
  /** What `about` was last made of, by this process. */
  readonly #told = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();
  /** When it was last noted that this process follows the views; null before it does. */
  #notedAt: number | null = null;
  /** Ports that are to be filled anew before that is noted; null before it is known. */
  #toFillAnew: Set<string> | null = null;
  #isAnswered = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One look at every open port. What fails for one of them leaves the others; the first failure is thrown at the end. */
  look(now = new Date()): Promise<void> {
    return this.#inTurn(() => this.#look(now));
  }

  /** A look at one open port, for who asked for it: what fails for another is not theirs to hear of. */
  lookFor(grantId: string, now = new Date()): Promise<void> {
    return this.#inTurn(async () => {
      // What fails in it for another is told when all are looked at.
      await this.#noteFollowing();
      const port = (await this.#parts.ports.all()).find((one) => one.grantId === grantId);
      if (port !== undefined) await this.#lookAt(port, now);
      await this.#follow(await this.#parts.ports.followed());
    });
  }

  /** Whether governance has answered, or there was no port to ask it for: what fails from then on is a port's own. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Ends a port now. */
  end(grantId: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end(grantId);
      await this.#follow(await this.#parts.ports.followed());
    });
  }

  /** What is looked at on request and what is looked at again and again must not begin the same reading twice. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #look(now: Date): Promise<void> {
    const failures = await this.#noteFollowing();
    await eachAlone(await this.#parts.ports.all(), (port) => this.#lookAt(port, now)).catch(
      (error: unknown) => failures.push(error),
    );
    await this.#follow(await this.#parts.ports.followed());
    if (failures.length > 0) throw failures[0];
    this.#isAnswered = true;
  }

  /**
   * That a record is over is told by a tombstone, which is kept for some days after it was written. Where nobody was there for
   * half as long, as the rest is still to be read, the tables are filled anew; that they are followed is noted once all of them are.
   * What failed comes back.
   */
  async #noteFollowing(): Promise<unknown[]> {
    const { ports, log } = this.#parts;
    if (this.#notedAt !== null && performance.now() - this.#notedAt < NOTED_EVERY_MS) return [];
    if (this.#notedAt === null) {
      this.#toFillAnew ??= await this.#leftAlone();
      const failures: unknown[] = [];
      for (const grantId of this.#toFillAnew)
        await this.#fillAnew(grantId).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) return failures;
      if (this.#toFillAnew.size > 0)
        log.warn('Nobody followed the views for long: the tables are filled anew');
    }
    await ports.note();
    this.#notedAt = performance.now();
    return [];
  }

  /** Ports that nobody kept in step for so long that they may have missed something. */
  async #leftAlone(): Promise<Set<string>> {
    const { ports, tombstonesKeptMs } = this.#parts;
    if (!(await ports.wasAway(tombstonesKeptMs / 2))) return new Set();
    const all = await ports.all();
    return new Set(all.flatMap(({ grantId, isPaused }) => (isPaused ? [] : [grantId])));
  }

  async #fillAnew(grantId: string): Promise<void> {
    const { ports, snapshots } = this.#parts;
    snapshots.cancel(grantId);
    await ports.refill(grantId);
    for (const { topic } of await ports.views(grantId)) {
      await snapshots.forget(grantId, topic);
      this.#told.delete(topic);
    }
    this.#toFillAnew?.delete(grantId);
  }

  async #end(grantId: string): Promise<void> {
    const { ports, log, snapshots } = this.#parts;
    snapshots.cancel(grantId);
    await ports.close(grantId);
    await snapshots.end(grantId);
    log.info({ grant: grantId }, 'An output port has ended');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#followed.keys()].map((topic) => this.#unfollow(topic)));
  }

  async #lookAt(port: Port, now: Date): Promise<void> {
    // The end that is known holds also while governance gives no answer.
    if (port.endsAt <= now) return this.#end(port.grantId);
    const grant = await this.#parts.governance.grant(port.grantId);
    this.#isAnswered = true;
    if (grant === null || !(grant.isActive || grant.isSuspended)) return this.#end(port.grantId);
    if (grant.endsAt.getTime() !== port.endsAt.getTime()) {
      await this.#parts.ports.endAt(port.grantId, grant.endsAt);
    }
    if (grant.isSuspended) return this.#pause(port);
    await this.#hold(grant);
    // Last: whoever comes back finds the tables of what the grant has now.
    if (port.isPaused) await this.#parts.ports.resume(port.grantId);
  }

  async #pause({ grantId, isPaused }: Port): Promise<void> {
    if (isPaused) return;
    const { ports, snapshots, log } = this.#parts;
    // First: a snapshot that is being written of what is taken away is not kept, and no other is due.
    snapshots.cancel(grantId);
    await ports.pause(grantId);
    for (const { topic } of await ports.views(grantId)) {
      await snapshots.forget(grantId, topic);
      this.#told.delete(topic);
    }
    log.info({ grant: grantId }, 'An output port is paused');
  }

  async #hold({ id, views }: Grant): Promise<void> {
    const { ports, governance, snapshots } = this.#parts;
    const held = new Map((await ports.views(id)).map((view) => [view.topic, view]));
    const granted = new Set(views.map(({ topic }) => topic));
    // First, because a later generation of a view has the table of the one before, filled from its own beginning.
    for (const view of held.values()) {
      if (granted.has(view.topic)) continue;
      snapshots.cancel(id);
      await ports.drop(view);
      await snapshots.forget(id, view.topic);
    }
    for (const view of views) {
      const contract = await governance.contractOf(view.product, view.major);
      if (this.#isTold(view, contract, held.get(view.topic))) continue;
      await ports.hold(id, view, columnsOf(await this.#schemaOf(view)), contract);
      this.#told.set(view.topic, toldOf(view, contract));
    }
  }

  #isTold(view: GrantedView, contract: Contract, held: PortView | undefined): boolean {
    return held !== undefined && this.#told.get(view.topic) === toldOf(view, contract);
  }

  async #schemaOf({ topic, schemaId }: GrantedView): Promise<object> {
    const text = await this.#parts.registry.schema(schemaId);
    if (text === null) throw new Error(`the registry has no schema ${schemaId} of ${topic}`);
    return JSON.parse(text) as object;
  }

  async #follow(views: readonly PortView[]): Promise<void> {
    const wanted = new Map(views.map((view) => [view.topic, view]));
    for (const [topic, { filling }] of this.#followed) {
      if (wanted.get(topic)?.filling !== filling) await this.#unfollow(topic);
    }
    for (const view of wanted.values()) {
      if (!this.#followed.has(view.topic)) await this.#followView(view);
    }
  }

  async #followView({ topic, filling }: PortView): Promise<void> {
    const { ports, governance, live, filled, registry, connection, log } = this.#parts;
    const reading = inspect({
      topic,
      groupId: `mesh.output-ports.${await ports.reader()}.${topic}.${filling}`,
      ...{ connection, registry, log, batchSize: BATCH },
      approved: (name) => governance.approvedSchemas(name),
      parseSchema: (text) => avroType(JSON.parse(text) as object),
      take: async (batch) => {
        for (const { partition, offset, code } of batch.refused) {
          log.warn({ topic, partition, offset: String(offset), code }, 'A record is not taken');
        }
        await live.take(topic, filling, batch);
      },
      settled: (reached) => filled.note({ topic, filling }, reached),
    });
    this.#followed.set(topic, { filling, reading });
    log.info({ topic }, 'A view is kept as a table');
  }

  async #unfollow(topic: string): Promise<void> {
    const held = this.#followed.get(topic);
    this.#followed.delete(topic);
    if (held === undefined) return;
    await held.reading.stop();
    this.#parts.filled.forget({ topic, filling: held.filling });
  }
}

const toldOf = ({ schemaId }: GrantedView, { contentHash }: Contract) =>
  `${schemaId} ${contentHash}`;
