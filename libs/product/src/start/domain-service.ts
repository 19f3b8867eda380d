import { names } from '@caremesh/contract';
import type { Database, Logger, Peer, ServiceEnvironment } from '@caremesh/platform';

import { Approvals } from '../approval/approvals.js';
import { readContractFolder } from '../approval/contract-folder.js';
import type { ContractFolder } from '../approval/contract-folder.js';
import { runProduct } from '../approval/live-product.js';
import { tellEarlier } from '../back-fill/back-fill.js';
import type { AnyProduct, AnySource, Domain } from '../define/domain.js';
import type { ItemOutcome, JoinedSource, PartRow, ReadItem, SourceItem } from '../define/source.js';
import { fault, ProductError } from '../errors.js';
import { Counters } from '../health/counters.js';
import { Background } from '../intake/background.js';
import { Committer } from '../intake/committer.js';
import { newId, newTraceparent } from '../intake/ids.js';
import { Intake } from '../intake/intake.js';
import { Preparer } from '../intake/prepare.js';
import { ProcessLock } from '../intake/process-lock.js';
import type { Arrival, RunningProduct } from '../intake/prepare.js';
import { Reception } from '../intake/reception.js';
import { Submissions } from '../intake/submissions.js';
import { JoinedReception } from '../joined/joined-reception.js';
import { PartStore } from '../joined/part-store.js';
import { Refusals } from '../joined/refusals.js';
import { Routes } from '../outbox/outbox.js';
import { Replayer } from '../quarantine/replay.js';
import { QuarantineStore } from '../quarantine/store.js';
import type { KeptProduct } from '../retention/keep-retention.js';
import type { Seal } from '../sealing/seal.js';
import type { LiveProduct } from '../state/model.js';
import type { KafkaConnection } from '../kafka/client.js';
import { Consuming } from './consuming.js';

export type ServiceParts = {
  domain: Domain;
  environment: ServiceEnvironment;
  database: Database;
  domainKey: Uint8Array;
  seal: Seal;
  governance: Peer;
  /** To the broker, under the domain's own principal. */
  connection: KafkaConnection;
  log: Logger;
};

/** What runs once every product made from a source is approved. */
type Running = {
  preparer: Preparer;
  intake: Intake;
  background: Background;
  replayer: Replayer;
  joined: JoinedReception | null;
};

/**
 * A domain as it runs: its products as they are approved, one committer for all its sources, and per source
 * an intake that is open once every product made from it is approved.
 */
export class DomainService {
  readonly submissions: Submissions;
  readonly quarantine: QuarantineStore;
  readonly committer: Committer;
  readonly counters = new Counters();
  readonly consuming: Consuming;
  readonly #folders: Map<string, ContractFolder>;
  readonly #approvals: Approvals;
  readonly #routes: Routes;
  readonly #products = new Map<string, RunningProduct>();
  readonly #retired = new Set<string>();
  #running: Map<string, Running> = new Map();

  /** Reads the contract folders of all products. Throws `contractFolderMissing`. */
  constructor(readonly parts: ServiceParts) {
    const { domain, environment, database, domainKey, seal, governance, log } = parts;
    this.#folders = new Map(
      domain.products.map(({ contract }) => [
        contract,
        readContractFolder(environment.schemasDir, contract),
      ]),
    );
    this.#approvals = new Approvals(database.pool, governance);
    this.#routes = new Routes(database.pool);
    this.consuming = new Consuming({
      ...{ domain, governance, domainKey, log },
      pool: database.pool,
      connection: parts.connection,
      registryUrl: environment.registryUrl,
    });
    this.submissions = new Submissions(database.pool, seal);
    this.quarantine = new QuarantineStore(database.pool, seal);
    this.committer = new Committer({
      databaseUrl: environment.databaseUrl.reveal(),
      domainKey,
      seal,
      products: () => this.live,
      settled: (items, outcomes) => this.counters.count(items, outcomes),
      log,
    });
  }

  get name(): string {
    return this.parts.domain.name;
  }

  /** True when every product of the domain is approved, or was and is retired. */
  get approved(): boolean {
    return this.parts.domain.products.every(
      ({ contract }) => this.#products.has(contract) || this.#retired.has(contract),
    );
  }

  /** True when of every product some major is approved, or all are retired: what its consumers have can be published. */
  get serving(): boolean {
    return this.#servesAll(this.parts.domain.products);
  }

  /** True when some product has several majors: one of them will be retired one day. */
  get hasMajorsBeside(): boolean {
    const { products } = this.parts.domain;
    return new Set(products.map(productOf)).size < products.length;
  }

  /** The majors that are published now, with what the domain wrote of each. */
  get published(): RunningProduct[] {
    return [...this.#products.values()];
  }

  /** The majors that are published now. */
  get live(): LiveProduct[] {
    return [...this.#products.values()].map(({ live }) => live);
  }

  /**
   * Asks for the approvals that are still missing, and whether a major beside another was retired. Throws if
   * governance cannot be asked.
   */
  async approve(): Promise<void> {
    for (const definition of this.parts.domain.products) await this.#approveOne(definition);
    for (const source of this.parts.domain.sources) this.#open(source);
  }

  async #approveOne(definition: AnyProduct): Promise<void> {
    const { contract } = definition;
    const { environment } = this.parts;
    const known = this.#products.has(contract);
    if (this.#retired.has(contract) || (known && !this.hasMajorsBeside)) return;
    const folder = this.#folders.get(contract)!;
    const version = await this.#approvals.find(contract, folder);
    if (version === 'retired') return this.#retire(contract, folder);
    if (!version || known) return;
    const product = await runProduct(definition, folder, version, {
      routes: this.#routes,
      registryUrl: environment.registryUrl,
      schemaOf: (schemaId) => this.#approvals.schemaOf(schemaId),
    });
    this.#products.set(contract, product);
    tellEarlier(this.published);
    this.parts.log.info(
      { product: product.live.id, major: product.live.major, schemaId: version.schemaId },
      'Product approved',
    );
  }

  async #retire(name: string, { contract }: ContractFolder): Promise<void> {
    const { product, major } = contract;
    this.#retired.add(name);
    this.#products.delete(name);
    tellEarlier(this.published);
    // Before anything is waited for: what comes in from here on is not mapped for it any more.
    for (const source of this.parts.domain.sources) {
      if (this.#running.has(source.name)) this.#open(source);
    }
    await this.#routes.close([
      names.productTopic(product, major),
      names.secondaryTopic(product, major),
    ]);
    this.parts.log.info({ contract: name }, 'Major retired: nothing is published to it any more');
  }

  /** What was retired is waited for no more. */
  #servesAll(products: readonly AnyProduct[]): boolean {
    const served = new Set(
      products.filter(({ contract }) => this.#products.has(contract)).map(productOf),
    );
    return products.every((one) => served.has(productOf(one)) || this.#retired.has(one.contract));
  }

  /** The source by its name. Throws `sourceUnknown`. */
  source(name: string): AnySource {
    const source = this.parts.domain.sources.find((one) => one.name === name);
    if (!source) throw new ProductError('sourceUnknown');
    return source;
  }

  /**
   * What runs for a source. Throws `waitingForApproval` while a product made from it is not approved, and `productRetired` when none of
   * them is published any more: what came in would be kept for nobody.
   */
  running(source: AnySource): Running {
    if (this.#isRetired(source)) throw new ProductError('productRetired');
    const running = this.#running.get(source.name);
    if (!running) throw new ProductError('waitingForApproval');
    return running;
  }

  /** Whether something runs for a source. */
  isOpen(source: AnySource): boolean {
    return this.#running.has(source.name) && !this.#isRetired(source);
  }

  /** Items of a listening source; resolves when their outcomes are durable. Never rejects. */
  async submit(source: AnySource, items: SourceItem<unknown>[]): Promise<ItemOutcome[]> {
    const arrival = this.#arrival(source);
    try {
      const { preparer } = this.running(source);
      const prepared = items.map((item) => preparer.prepare(item, arrival));
      return await this.committer.commit({ items: prepared, refuseReuse: true });
    } catch (error) {
      const name = error instanceof ProductError ? error.fault : 'cannotStoreNow';
      return items.map(({ index, sourceId }) => ({
        index,
        sourceId,
        outcome: 'refused' as const,
        errors: [fault(name, '/')],
      }));
    }
  }

  /** State of the products, for the status page. */
  products(): {
    id: string;
    major: number;
    contract: string;
    approved: boolean;
    schemaId: number | null;
  }[] {
    return this.parts.domain.products.map(({ contract }) => {
      const folder = this.#folders.get(contract)!.contract;
      const live = this.#products.get(contract)?.live ?? null;
      return {
        id: folder.product,
        major: folder.major,
        contract,
        approved: live !== null,
        schemaId: live?.codec.schemaId ?? null,
      };
    });
  }

  /** Every product with its contract, for as long as its records are kept. */
  kept(): KeptProduct[] {
    return this.parts.domain.products.map(({ contract }) => ({
      contract: this.#folders.get(contract)!.contract,
      live: this.#products.get(contract)?.live ?? null,
      retired: this.#retired.has(contract),
    }));
  }

  /** Lets what was taken be committed, then ends. */
  async close(): Promise<void> {
    for (const { background, joined } of this.#running.values()) {
      await background.stop();
      await joined?.close();
    }
    await this.committer.close();
  }

  #arrival(source: AnySource): Arrival {
    return {
      source: source.name,
      contentType: source.contentTypes[0]!,
      traceparent: newTraceparent(),
      receipt: newId(),
    };
  }

  #joinedReception(source: JoinedSource<unknown>, preparer: Preparer): JoinedReception {
    const { database, seal, environment } = this.parts;
    return new JoinedReception({
      source,
      store: new PartStore(source, database.pool, seal),
      refusals: new Refusals(database.pool),
      preparer,
      committer: this.committer,
      environment: environment.mode,
      lock: this.#lock(`joined ${source.name}`),
    });
  }

  #lock(name: string): ProcessLock {
    return new ProcessLock(this.parts.environment.databaseUrl.reveal(), name);
  }

  /** Whether all that was made from it is retired; asked for every message, and hardly ever is anything. */
  #isRetired(source: AnySource): boolean {
    if (this.#retired.size === 0) return false;
    const made = this.#madeFrom(source);
    return made.length > 0 && made.every(({ contract }) => this.#retired.has(contract));
  }

  /** A person's choice concerns whatever the domain publishes. */
  #madeFrom(source: AnySource): AnyProduct[] {
    const { products } = this.parts.domain;
    return products.filter(({ from }) => from === source || source.tells === 'choices');
  }

  #open(source: AnySource): void {
    const made = this.#madeFrom(source);
    const products = made.flatMap(({ contract }) => this.#products.get(contract) ?? []);
    const running = this.#running.get(source.name);
    if (running) return running.preparer.make(products);
    // People's choices wait for no further product: of one that is not approved, nothing is published that they could be about.
    const isServed = source.tells === 'choices' || this.#servesAll(made);
    if (products.length === 0 || !isServed) return;
    const { domainKey, environment, log, domain } = this.parts;
    const preparer = new Preparer(domainKey, products, source.tells);
    const joined = source.joins ? this.#joinedReception(source, preparer) : null;
    const reception = joined ?? new Reception(preparer, this.committer, environment.mode);
    const background = new Background({
      submissions: this.submissions,
      reception,
      sources: domain.sources,
      source: source.name,
      lock: this.#lock(`background ${source.name}`),
      log,
    });
    const intake = new Intake(reception, this.submissions, () => background.wake());
    const replayer = new Replayer({
      store: this.quarantine,
      sources: domain.sources,
      preparer,
      committer: this.committer,
      environment: environment.mode,
      ...(joined && {
        joined: {
          remap: (root: Buffer, entry: string) => joined.remap(root, this.#arrival(source), entry),
          take: (row: ReadItem<unknown>, entry: string) =>
            joined.takeAgain(row as ReadItem<PartRow<unknown>>, this.#arrival(source), entry),
        },
      }),
    });
    background.start();
    joined?.catchUp(this.#arrival(source)).catch(() => {
      log.warn(
        { source: source.name },
        'Rows wait to be joined; the next submission takes them along',
      );
    });
    this.#running.set(source.name, { preparer, intake, background, replayer, joined });
  }
}

/** `<domain>/<product>` of a contract's `<domain>/<product>/v<major>`. */
const productOf = ({ contract }: AnyProduct): string => contract.replace(/\/v\d+$/, '');

/** `relay.<domain>`, without the full stop that every shard's number follows. */
export const transactionPrefixOf = (domain: string): string =>
  names.relayTransactionPrefix(domain).slice(0, -1);
