import { avroType } from '@caremesh/contract';
import { eachAlone } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { inspect } from '@caremesh/product';
import type { InspectedBatch, KafkaConnection, SchemaRegistry } from '@caremesh/product';

import type { CountStore } from '../counts/count-store.js';
import { Look } from '../counts/look.js';
import type { Governance, WatchedMajor } from '../governance/governance.js';

/** How many parts a window has: what falls out of it is a twenty-fourth at a time. */
const PARTS = 24;

type Parts = {
  governance: Pick<Governance, 'majors' | 'approvedSchemas' | 'contract'>;
  registry: Pick<SchemaRegistry, 'schema'>;
  connection: KafkaConnection;
  store: CountStore;
  healthWindowMs: number;
  log: Logger;
};

type Followed = { major: WatchedMajor; look: Look; reading: ReturnType<typeof inspect> };

/** Follows every product topic there is. */
export class Watch {
  readonly #parts: Parts;
  readonly #followed = new Map<string, Followed>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Looks which topics there are, once. Throws MESH-7001; what is followed goes on. */
  async look(): Promise<void> {
    const { governance, store, healthWindowMs } = this.#parts;
    const majors = await governance.majors();
    const wanted = new Set(majors.map(({ topic }) => topic));
    for (const topic of [...this.#followed.keys()]) {
      if (!wanted.has(topic)) await this.#unfollow(topic);
    }
    await store.forget(new Date(Date.now() - healthWindowMs));
    await eachAlone(majors, (major) => this.#follow(major));
  }

  /** What is followed, by topic. */
  majors(): WatchedMajor[] {
    return [...this.#followed.values()].map(({ major }) => major);
  }

  /** How each reader stands. */
  status() {
    return [...this.#followed.values()].map(({ reading }) => reading.status());
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#followed.keys()].map((topic) => this.#unfollow(topic)));
  }

  async #follow(major: WatchedMajor): Promise<void> {
    const { topic, contentHash, since } = major;
    const held = this.#followed.get(topic);
    if (held?.major.contentHash === contentHash) return;
    const look = new Look(await this.#parts.governance.contract(contentHash), since);
    if (held) {
      Object.assign(held, { major, look });
      return;
    }
    const { governance, registry, connection, store, log } = this.#parts;
    const reading = inspect({
      topic,
      groupId: `mesh.monitor.${await store.reader()}.${topic}`,
      connection,
      registry,
      approved: (name) => governance.approvedSchemas(name),
      parseSchema: (text) => avroType(JSON.parse(text) as object),
      take: (batch) => this.#take(topic, batch),
      log,
    });
    this.#followed.set(topic, { major, look, reading });
    log.info({ topic }, 'A product topic is looked through');
  }

  async #unfollow(topic: string): Promise<void> {
    const held = this.#followed.get(topic);
    this.#followed.delete(topic);
    await held?.reading.stop();
  }

  async #take(topic: string, batch: InspectedBatch): Promise<void> {
    const { store, healthWindowMs: windowMs } = this.#parts;
    const look = this.#followed.get(topic)?.look;
    if (!look) throw new Error('the topic is no longer followed');
    const window = { now: Date.now(), windowMs, partMs: Math.ceil(windowMs / PARTS) };
    await store.take(batch, (fresh) => look.count(fresh, window));
  }
}
