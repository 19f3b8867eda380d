import { join } from 'node:path';
import { problem } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Store, turn } from '../database/store.js';
import { ledgerErrors } from '../errors.js';
import { Ledger } from '../ledger/ledger.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { signCheckpoint } from './checkpoint.js';
import type { Checkpoint } from './checkpoint.js';
import { MerkleTree } from './merkle.js';
import { sealerKey } from './sealer-key.js';
import type { PublicJwk, SealerKey } from './sealer-key.js';
import { WitnessFile } from './witness-file.js';

type Row = Omit<Checkpoint, 'size' | 'at' | 'keyId'> & { size: string; at: Date; key_id: string };
type Signed = { size: number; root: string };

const COLUMNS = 'size, origin, root, at, note, signature, key_id';

/** The lock that whoever signs, or looks at what is signed as a whole, takes its turn on. */
export const SIGNING = 'ledger.checkpoint';

/**
 * Signs the head of the Merkle tree over the ledger's entries. The tree is this instance's own and grows with
 * the chain; instances take turns, and each signs only what continues the last checkpoint there is, in the
 * database or in the witness file: a ledger that was cut or made anew is not signed.
 */
@Injectable()
export class Checkpoints {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #settings: Settings;
  readonly #witness: WitnessFile;
  #key: SealerKey | undefined;
  #tree = new MerkleTree();
  #confirmed: Signed | null = null;

  constructor(store: Store, ledger: Ledger, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#ledger = ledger;
    this.#settings = settings;
    const file = settings.witnessFile ?? join(settings.home, 'witness', 'checkpoints.ndjson');
    this.#witness = new WitnessFile(file);
  }

  /** The public key, with the note's key id. Throws MESH-3702. */
  get publicKey(): PublicJwk {
    return this.#signer.publicJwk;
  }

  /**
   * Signs a checkpoint of every chained entry, if there are any since the last. Throws MESH-3701 if what is
   * chained does not continue what was signed, MESH-3702 and MESH-3704.
   */
  async sign(): Promise<void> {
    await this.#store.transaction(async (em) => {
      await turn(em, SIGNING);
      const last = await this.#lastSigned(em);
      await this.#confirm(em, last);
      await this.#growTo(em, await this.#ledger.length(em));
      if (this.#tree.size <= (last?.size ?? 0)) return;
      await this.#insert(em);
    });
  }

  /** Gives the witness file what it does not hold yet. Instances on one file take turns. Throws MESH-3704. */
  async witness(): Promise<void> {
    await this.#store.exclusively('ledger.witness-file', async () => {
      for (;;) {
        const found = await this.after(this.#witness.last()?.size ?? 0);
        if (found.length === 0) return;
        this.#witness.add(found);
      }
    });
  }

  /** The next checkpoints of more than `size` entries, by size, at most a thousand. */
  async after(size: number): Promise<Checkpoint[]> {
    const rows = await this.#store.reader.query<Row[]>(
      `SELECT ${COLUMNS} FROM ledger_checkpoint WHERE size > $1 ORDER BY size LIMIT 1000`,
      [size],
    );
    return rows.map(checkpointOf);
  }

  get #signer(): SealerKey {
    const { sealerKeyFile, home, ledgerOrigin } = this.#settings;
    const file = sealerKeyFile ?? join(home, 'keys', 'ledger-sealer.jwk');
    this.#key ??= sealerKey(file, ledgerOrigin);
    return this.#key;
  }

  // The witness file may know a later one: then the database was put back to an earlier day.
  async #lastSigned(em: EntityManager): Promise<Signed | null> {
    const rows = await em.query<Row[]>(
      `SELECT ${COLUMNS} FROM ledger_checkpoint ORDER BY size DESC LIMIT 1`,
    );
    const kept = rows[0] ? checkpointOf(rows[0]) : null;
    const witnessed = this.#witness.last();
    return witnessed && witnessed.size > (kept?.size ?? 0) ? witnessed : kept;
  }

  /** Holds the tree against the last checkpoint; grows it from nothing if that is an earlier one than it knows. */
  async #confirm(em: EntityManager, last: Signed | null): Promise<void> {
    const { size, root } = last ?? { size: 0, root: new MerkleTree().root().toString('base64') };
    if (this.#confirmed?.size === size && this.#confirmed.root === root) return;
    if (this.#tree.size > size) this.#tree = new MerkleTree();
    await this.#growTo(em, size);
    if (this.#tree.size < size) {
      throw problem(
        ledgerErrors.historyDiffers,
        `${size} entries were signed, ${this.#tree.size} are there`,
      );
    }
    if (this.#tree.root().toString('base64') !== root) {
      throw problem(
        ledgerErrors.historyDiffers,
        `The first ${size} entries are not those that were signed`,
      );
    }
    this.#confirmed = { size, root };
  }

  // On the connection that holds the turn: waiting for another one could be waiting for those who wait for us.
  async #growTo(em: EntityManager, size: number): Promise<void> {
    const missing = { first: this.#tree.size + 1, last: size };
    for await (const hash of this.#ledger.hashes(missing, em)) this.#tree.append(hash);
  }

  // The database's clock, so that checkpoints of several instances are in one order.
  async #insert(em: EntityManager): Promise<void> {
    const [now] = await em.query<{ at: Date }[]>('SELECT clock_timestamp()::timestamptz(3) AS at');
    const at = (now?.at ?? new Date()).toISOString();
    const head = { size: this.#tree.size, root: this.#tree.root(), at };
    const { size, origin, root, note, signature, keyId } = signCheckpoint(head, this.#signer);
    await em.query(
      `INSERT INTO ledger_checkpoint (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [size, origin, root, at, note, signature, keyId],
    );
  }
}

function checkpointOf({ size, origin, root, at, note, signature, key_id: keyId }: Row): Checkpoint {
  return { origin, size: Number(size), root, at: at.toISOString(), note, signature, keyId };
}
