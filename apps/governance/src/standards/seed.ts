import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readStandard, standardKey } from '@caremesh/contract';
import type { Standard } from '@caremesh/contract';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Store, turn } from '../database/store.js';
import { Ledger } from '../ledger/ledger.js';
import { hashOf } from '../motions/motions.js';
import { LOGGER, SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { revise } from './revisions.js';
import { StandardEntity } from './standard.entity.js';

const FOLDER = ['mesh', 'standards'];
const SCHEMA = 'standard.schema.json';

/**
 * Loads the standards that come with the release, in every mode: they are reference data, and marked as seeded. One
 * that a lead has revised is left as it is; one that nobody has, follows the release. Safe to do twice.
 */
@Injectable()
export class StandardSeed implements OnApplicationBootstrap {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #log: Logger;
  readonly #schemasDir: string;

  constructor(
    store: Store,
    ledger: Ledger,
    @Inject(LOGGER) log: Logger,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#ledger = ledger;
    this.#log = log;
    this.#schemasDir = settings.schemasDir;
  }

  async onApplicationBootstrap(): Promise<void> {
    const released = await this.#read();
    if (released.length === 0) return;
    await this.#store.transaction(async (em) => {
      await turn(em, 'standards.seed');
      const held = await em.find(StandardEntity);
      const byKey = new Map(held.map((one) => [one.key, one]));
      const changes = released
        .map((content) => ({ content, before: byKey.get(standardKey(content.id)) ?? null }))
        .filter(({ content, before }) => isNews(content, before));
      if (changes.length === 0) return;
      await revise(em, changes, 'release');
      await this.#ledger.record(em, {
        actor: 'svc-governance',
        role: 'system',
        action: 'standards.seeded',
        object: 'standards',
        detail: { count: changes.length, contentHash: hashOf(changes.map((one) => one.content)) },
      });
    });
  }

  async #read(): Promise<Standard[]> {
    const folder = join(this.#schemasDir, ...FOLDER);
    const names = await readdir(folder).catch(() => [] as string[]);
    const files = names.filter((name) => name.endsWith('.json') && name !== SCHEMA).sort();
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.flatMap((text, at) => this.#parsed(files[at] ?? '', text));
  }

  #parsed(file: string, text: string): Standard[] {
    const { standard, findings } = readStandard(JSON.parse(text));
    if (standard) return [standard];
    this.#log.error({ file, findings }, 'A standard of the release is not valid and left out');
    return [];
  }
}

function isNews(content: Standard, before: StandardEntity | null): boolean {
  if (before === null) return true;
  return before.seeded && before.contentHash !== hashOf(content);
}
