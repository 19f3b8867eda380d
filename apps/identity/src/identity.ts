import { join } from 'node:path';

import {
  Peer,
  RefusedSignIns,
  TokenSource,
  createLogger,
  ledgerAt,
  onStop,
  openDatabase,
  readSecret,
  startHttp,
} from '@caremesh/platform';
import type { Database, LedgerWriter } from '@caremesh/platform';
import type { DynamicModule } from '@nestjs/common';

import { AdminController } from './clients/admin.controller.js';
import { ClientEntity, UsedAssertionEntity } from './clients/client.entity.js';
import { ClientStore } from './clients/client-store.js';
import { migrations } from './clients/migrations.js';
import type { IdentityEnvironment } from './environment.js';
import { People } from './people/people.js';
import { adapterFor } from './provider/adapter.js';
import { createProvider } from './provider/provider.js';
import { mountProvider } from './provider/routes.js';
import { signingKey } from './provider/signing-key.js';

const NAME = 'identity';

/** Starts the identity provider and resolves when it listens. */
export async function startIdentity(environment: IdentityEnvironment) {
  const { home, oidcIssuer: issuer, logLevel, databaseUrl } = environment;
  const log = createLogger(NAME, logLevel);
  const database = await openDatabase({
    url: databaseUrl,
    entities: [ClientEntity, UsedAssertionEntity],
    migrations,
  });
  const clients = new ClientStore(database.dataSource, join(home, 'secrets'));
  await clients.seedAll();
  const refused = new RefusedSignIns(NAME);
  const ledger = ledgerOf(environment);
  const provider = createProvider({
    issuer,
    key: await signingKey(join(home, 'keys', 'identity-signing.jwk')),
    adapter: adapterFor(clients, database.dataSource),
    people: new People(join(home, 'people.json')),
    log,
    refused,
  });
  return startHttp(adminModule(clients), {
    environment,
    name: NAME,
    log,
    ...(ledger ? { ledger: () => ledger } : {}),
    prepare: (app) => {
      closeLast(app, database);
      if (ledger) refused.start(ledger);
      onStop(app, () => refused.stop());
      return mountProvider(app.getHttpAdapter().getInstance(), provider, issuer);
    },
  });
}

/** How it writes to the ledger: with a token that it gives itself, as any other service. */
function ledgerOf(environment: IdentityEnvironment): LedgerWriter | null {
  const { governanceUrl: url, clientId, clientSecretFile, oidcIssuer: issuer } = environment;
  if (!url || !clientId || !clientSecretFile) return null;
  const clientSecret = readSecret(clientSecretFile);
  const tokens = new TokenSource({ issuer, clientId, clientSecret, audience: 'mesh-api' });
  return ledgerAt(new Peer({ name: 'Governance', url, tokens }));
}

function closeLast(app: Parameters<typeof onStop>[0], database: Database): void {
  onStop(app, () => database.close());
}

class IdentityModule {}

function adminModule(clients: ClientStore): DynamicModule {
  return {
    module: IdentityModule,
    controllers: [AdminController],
    providers: [{ provide: ClientStore, useValue: clients }],
  };
}
