import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { brokerSecurity, KeptThread, ownTokens } from '@caremesh/platform/thread';
import type { ServiceEnvironment } from '@caremesh/platform';

import { Relay } from './relay.js';
import type { RelayLog } from './relay.js';

/** Plain values, because they cross to another thread. The secret itself is read there, from its file. */
export type RelayThreadSettings = {
  databaseUrl: string;
  brokers: string[];
  /** Speak TLS with the broker. */
  encrypted: boolean;
  clientId: string;
  issuer: string;
  clientSecretFile: string;
  transactionPrefix: string;
};
export type FromThread =
  | { kind: 'log'; level: 'info' | 'warn'; detail: object; message: string }
  | { kind: 'sent'; sent: number };
/** A running relay, wherever it runs. */
type RunningRelay = { readonly sent: number; stop(): Promise<void> };

/** A relay that does not run before there can be anything to send: until then the broker would refuse it. */
export type LaterRelay = { start(): void; stop(): Promise<void> };

const SCRIPT = fileURLToPath(new URL('./relay-worker.js', import.meta.url));

/** The relay as these settings describe it. */
export function relayOf(settings: RelayThreadSettings, log: RelayLog): Relay {
  const { databaseUrl, brokers, encrypted, clientId, transactionPrefix } = settings;
  const tokens = ownTokens({ ...settings, oidcIssuer: settings.issuer }, 'mesh-kafka');
  const kafka = { brokers, encrypted, clientId, tokens };
  return new Relay({ databaseUrl, kafka, transactionPrefix, log });
}

/**
 * Runs the relay in a thread of its own, so that a burst of intake does not hold up sending, nor sending an
 * answer. A thread that dies is started again. Run from source (tests), the relay stays in this thread.
 */
function startRelay(settings: RelayThreadSettings, log: RelayLog): RunningRelay {
  if (!existsSync(SCRIPT)) {
    const relay = relayOf(settings, log);
    relay.start();
    return relay;
  }
  return new RelayThread(settings, log);
}

/** The relay of a service, by its environment, to be started later. */
export function laterRelay(
  environment: ServiceEnvironment,
  transactionPrefix: string,
  log: RelayLog,
): LaterRelay {
  let running: RunningRelay | null = null;
  const settings = {
    databaseUrl: environment.databaseUrl.reveal(),
    brokers: environment.kafkaBrokers,
    encrypted: brokerSecurity(environment) === 'SASL_SSL',
    clientId: environment.clientId,
    issuer: environment.oidcIssuer,
    clientSecretFile: environment.clientSecretFile,
    transactionPrefix,
  };
  return {
    start: () => void (running ??= startRelay(settings, log)),
    stop: async () => running?.stop(),
  };
}

class RelayThread implements RunningRelay {
  readonly #thread: KeptThread<FromThread>;
  #before = 0;
  #sent = 0;

  constructor(settings: RelayThreadSettings, log: RelayLog) {
    this.#thread = new KeptThread<FromThread>({
      script: SCRIPT,
      workerData: settings,
      told: (told) => {
        if (told.kind === 'log') log[told.level](told.detail, told.message);
        else this.#sent = told.sent;
      },
      failed: (error) =>
        log.warn({ reason: error.name }, 'The relay thread failed; starting another'),
      ended: () => {
        this.#before += this.#sent;
        this.#sent = 0;
      },
    });
  }

  get sent(): number {
    return this.#before + this.#sent;
  }

  stop(): Promise<void> {
    return this.#thread.stop();
  }
}
