import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeWhole, type Home } from '../home/paths.js';
import { secretOf } from '../home/secrets.js';
import type { Component } from '../supervisor/component.js';
import { answersAsBroker } from './answers.js';
import { classArchive, JAVA_STOP_MS, javaCommand, javaEnvironment } from './java.js';
import { kafkaJvmOptions, kafkaSettings, type KafkaFacts } from './kafka-settings.js';

const run = promisify(execFile);

/** Formatting takes seconds, on a busy machine many; one that hangs is ended and tried again. */
const FORMAT_MS = 60_000;

type Options = {
  ports: KafkaFacts['ports'];
  issuer: string;
  jwksUrl: string;
  principalClaim: string;
  isHasty: boolean;
  /** Folder of the jars that Maven fetched. */
  jars: string;
  environment: NodeJS.ProcessEnv;
  /** Where readied classes are kept; null to keep none. */
  archive: string | null;
};

/** The embedded broker: one process as broker and controller (KRaft). */
export function kafka(home: Home, options: Options): Component {
  const { ports, issuer, jwksUrl, jars, principalClaim, isHasty } = options;
  const password = secretOf(home, 'kafka-broker');
  const data = join(home.data, 'kafka');
  const settings = join(home.run, 'kafka.properties');
  const classPath = join(jars, '*');
  return {
    name: 'kafka',
    after: ['identity'],
    ports: [ports.client, ports.internal, ports.controller],
    stopSignal: 'SIGTERM',
    stopMs: JAVA_STOP_MS,
    prepare: async () => {
      const facts = {
        ports,
        data,
        brokerPassword: password,
        issuer,
        jwksUrl,
        audience: 'mesh-kafka',
        principalClaim,
        isHasty,
      };
      writeWhole(settings, kafkaSettings(facts));
      await format(data, settings, classPath);
    },
    launch: () => ({
      file: javaCommand(options.environment),
      args: [
        ...kafkaJvmOptions(jwksUrl),
        ...classArchive(options.archive),
        '-cp',
        classPath,
        'kafka.Kafka',
        settings,
      ],
      env: javaEnvironment(options.environment),
      cwd: data,
    }),
    probe: () => answersAsBroker(ports.client),
    settle: async () => {
      // A Kafka client is a second of work to load, and `mesh status` needs none.
      const { setBootstrapRules } = await import('./kafka-rules.js');
      await setBootstrapRules(ports.internal, password);
    },
  };
}

/** Formats the data folder at first start; the cluster id is kept with it. */
async function format(data: string, settings: string, classPath: string): Promise<void> {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (existsSync(join(data, 'meta.properties'))) return;
  const idFile = join(data, '..', 'kafka-cluster-id');
  if (!existsSync(idFile)) writeWhole(idFile, randomBytes(16).toString('base64url'));
  const id = readFileSync(idFile, 'utf8');
  await run(
    javaCommand(),
    [
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m'],
      ...['-cp', classPath, 'kafka.tools.StorageTool', 'format'],
      // In one word: as a word of its own, an id that begins with a hyphen would be taken for an option.
      ...[`--cluster-id=${id}`, '--config', settings, '--ignore-formatted'],
    ],
    { timeout: FORMAT_MS, killSignal: 'SIGKILL', env: javaEnvironment(process.env) },
  );
}
