import type { Pool } from 'pg';
import type { DataSource, DataSourceOptions, Logger as TypeOrmLogger } from 'typeorm';

import { revealed } from '../log/sensitive.js';
import type { Sensitive } from '../log/sensitive.js';
import { BY_KEY } from './by-key.js';
import { migrate } from './migrate.js';

/** What a service brings along to open its own database. */
export type DatabaseOptions = {
  url: string | Sensitive<string>;
  entities: DataSourceOptions['entities'];
  migrations: DataSourceOptions['migrations'];
  poolSize?: number;
  /** The service's statements look rows up by their keys: see `BY_KEY`. */
  byKey?: boolean;
};

/** An open database: `dataSource` for ordinary work, its own `pool` for the few hot statements. */
export type Database = { dataSource: DataSource; pool: Pool; close(): Promise<void> };

/**
 * Opens the service's database and brings its tables up to date by the migrations given, one process
 * at a time. Tables are never derived from the entities. `pool` is the very pool the data source works
 * on, so `poolSize` is the whole number of connections.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const url = revealed(options.url);
  const dataSource = await connect(options, url);
  try {
    await migrate(dataSource, url);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return {
    dataSource,
    pool: (dataSource.driver as unknown as { master: Pool }).master,
    close: () => dataSource.destroy(),
  };
}

async function connect(options: DatabaseOptions, url: string): Promise<DataSource> {
  // Loaded here so that a programme without a database does not carry it.
  const { DataSource } = await import('typeorm');
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: options.entities,
    migrations: options.migrations,
    migrationsTableName: 'migrations',
    synchronize: false,
    // Statements carry values; a failed one is reported by its error alone.
    logging: false,
    logger: silent,
    poolSize: options.poolSize ?? 5,
    extra: {
      idleTimeoutMillis: 30_000,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      ...(options.byKey && { options: BY_KEY }),
    },
  });
  return dataSource.initialize();
}

const nothing = (): void => undefined;

// Even with logging off TypeORM's own logger writes a failed migration to stdout, as plain text.
const silent: TypeOrmLogger = {
  log: nothing,
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logMigration: nothing,
  logSchemaBuild: nothing,
};
