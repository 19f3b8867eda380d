import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Kafka's own `ProducerPerformance`: `count` records of `bytes` bytes, acks from all. It checks and encodes nothing.
 * Returns its own figure, records per second. Throws with its output when it prints none.
 */
export async function javaProducer(options: {
  classpath: string;
  bootstrap: string;
  topic: string;
  count: number;
  bytes: number;
  user: string;
  password: string;
}): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'producer-'));
  const settings = join(folder, 'client.properties');
  const login = `org.apache.kafka.common.security.plain.PlainLoginModule required username="${options.user}" password="${options.password}";`;
  writeFileSync(
    settings,
    `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=${login}\nbootstrap.servers=${options.bootstrap}\nacks=all\n`,
    { mode: 0o600 },
  );
  try {
    const program = spawn(
      'java',
      [
        '-Xmx512m',
        // Its logger writes a line for each request otherwise: we would time its terminal.
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
        '-cp',
        options.classpath,
        'org.apache.kafka.tools.ProducerPerformance',
        '--topic',
        options.topic,
        '--num-records',
        String(options.count),
        '--record-size',
        String(options.bytes),
        '--throughput',
        '-1',
        '--producer.config',
        settings,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 },
    );
    let warned = '';
    program.stderr.on('data', (chunk: Buffer) => {
      warned = (warned + chunk.toString()).slice(-500);
    });
    const stdout = await text(program.stdout);
    const figure = /, ([\d.]+) records\/sec/g;
    const last = [...stdout.matchAll(figure)].at(-1)?.[1];
    if (!Number(last))
      throw new Error(`ProducerPerformance sent nothing: ${stdout.slice(-300)} ${warned}`);
    return Number(last);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
