import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HERE = resolve(import.meta.dirname, '../../java');
const JARS = join(HERE, 'target/jars');
const CLASSES = join(HERE, 'target/classes');
const MADE_FROM = join(HERE, 'target/made-from');
const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin/java') : 'java';

/** A candidate held against the versions before it, the oldest first. */
export type Asked = { history: object[]; candidate: object };

/** Apache Avro's answers; see Verdicts.java. */
export type Verdict = { reads: boolean[]; isRead: boolean[]; validator: Record<string, boolean> };

/** Fetches the jars and compiles the batch, once for each state of the two files. */
export async function prepareJava(): Promise<void> {
  const sources = await Promise.all(
    ['pom.xml', 'Verdicts.java'].map((file) => readFile(join(HERE, file), 'utf8')),
  );
  const made = await readFile(MADE_FROM, 'utf8').catch(() => '');
  if (made === sources.join('\n')) return;
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${JARS}`];
  await run('mvn', ['-q', '-B', '-f', join(HERE, 'pom.xml'), ...goal]);
  await mkdir(CLASSES, { recursive: true });
  const compiler = 'org.eclipse.jdt.internal.compiler.batch.Main';
  const options = ['-17', '-nowarn', '-proc:none', '-cp', await classPath(), '-d', CLASSES];
  await run(java, ['-cp', join(JARS, '*'), compiler, ...options, join(HERE, 'Verdicts.java')]);
  await writeFile(MADE_FROM, sources.join('\n'));
}

/** Apache Avro's verdicts on all of them, from one JVM. Throws if Avro itself refuses a schema. */
export async function javaVerdicts(asked: readonly Asked[]): Promise<Verdict[]> {
  const batch = spawn(java, ['-cp', `${join(JARS, '*')}:${CLASSES}`, 'Verdicts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  batch.stdin.end(asked.map((one) => JSON.stringify(one)).join('\n'));
  const lines = (await text(batch.stdout)).trimEnd().split('\n');
  return lines.map((line, at) => {
    const answer = JSON.parse(line) as Verdict & { error?: string };
    if (answer.error !== undefined)
      throw new Error(`${answer.error}: ${JSON.stringify(asked[at])}`);
    return answer;
  });
}

/** The compiler, unlike the JVM, takes no `*`. */
async function classPath(): Promise<string> {
  return (await readdir(JARS)).map((jar) => join(JARS, jar)).join(':');
}
