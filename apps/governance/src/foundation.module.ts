import { createLogger, openDatabase } from '@caremesh/platform';
import { Global, Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Store } from './database/store.js';
import { tables } from './database/tables.js';
import { LOGGER, SETTINGS } from './settings.js';
import type { Settings } from './settings.js';

const CONNECTIONS = 16;

/** What every room stands on: the settings, the log and the database. */
@Global()
@Module({})
export class FoundationModule implements OnApplicationShutdown {
  readonly #store: Store;

  constructor(@Inject(Store) store: Store) {
    this.#store = store;
  }

  static with(settings: Settings): DynamicModule {
    return {
      module: FoundationModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: LOGGER, useFactory: () => createLogger('governance', settings.logLevel) },
        {
          provide: Store,
          useFactory: async () =>
            new Store(
              await openDatabase({ url: settings.databaseUrl, ...tables, poolSize: CONNECTIONS }),
            ),
        },
      ],
      exports: [SETTINGS, LOGGER, Store],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#store.close();
  }
}
