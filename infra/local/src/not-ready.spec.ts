import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { whyNotReady } from './not-ready.js';
import type { Status } from './status.js';
import { LogBook } from './supervisor/log-book.js';

const folder = mkdtempSync(join(tmpdir(), 'caremesh-not-ready-'));
const logs = new LogBook(folder);

function part(name: string, status: Status['components'][number]['status'], pid: number | null) {
  return { name, status, pid, port: 1, ports: [1], rssMb: null };
}

it('quotes the parts that keep the others waiting, of this start, in short, and names the others', () => {
  writeFileSync(logs.fileOf('kafka'), 'of a former run\n');
  writeFileSync(logs.fileOf('acute'), '{"msg":"of a former run"}\n');
  const marks = logs.marks();
  const err = { message: 'about somebody', stack: 'Error: about somebody\n    at file.js:1' };
  appendFileSync(
    logs.fileOf('kafka'),
    [
      JSON.stringify({ level: 'error', msg: 'Cannot start', err: { ...err, code: 'EADDRINUSE' } }),
      `ERROR ${'x'.repeat(300)}`,
      'java.lang.IllegalStateException: closed',
      '\tat kafka.Kafka.main(Kafka.scala:1)',
      '\t... 12 more',
      '',
    ].join('\n'),
  );
  const parts = [
    part('postgresql', 'ready', 1),
    part('kafka', 'failing', null),
    part('registry', 'starting', 2),
    part('governance', 'starting', null),
    part('acute', 'starting', null),
  ];
  expect(whyNotReady(parts, logs, marks).split('\n')).toEqual([
    `kafka is failing; ${folder}/kafka.log ends:`,
    '  Cannot start [EADDRINUSE]',
    `  ERROR ${'x'.repeat(194)}`,
    '  java.lang.IllegalStateException: closed',
    `registry is starting; ${folder}/registry.log says nothing of this start.`,
    'waiting for kafka, registry: governance, acute',
  ]);
});

it('quotes ten lines at most, and all of a log that began anew meanwhile', () => {
  writeFileSync(
    logs.fileOf('kafka'),
    Array.from({ length: 12 }, (_, at) => `line ${at}\n`).join(''),
  );
  const said = whyNotReady(
    [part('kafka', 'starting', 1)],
    logs,
    new Map([[logs.fileOf('kafka'), 10_000]]),
  );
  expect(said.split('\n')).toHaveLength(11);
  expect(said).toContain('\n  line 11');
});

it('names the parts alone while none was started', () => {
  expect(whyNotReady([part('kafka', 'starting', null)], logs, new Map())).toBe(
    'not started: kafka',
  );
});
