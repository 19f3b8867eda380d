import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Status } from '@caremesh/local';
import type { Io } from '../io.js';
import { card, table } from '../output.js';

/** The closing block of `mesh up` and `npm start`: addresses, sign-ins per role, what to try (of a demonstration, if there is one). */
export function summary(io: Io, status: Status, isFilled: boolean): string {
  return [
    heading('Addresses'),
    card(addressesOf(status)),
    ...signIns(io),
    heading('Try this'),
    ...commands(status, isFilled),
    'npx mesh status',
    '',
    'Stop it with `npx mesh down` (or Ctrl-C, where it runs in this terminal).',
  ].join('\n');
}

/** Seeded people exist outside production alone; there the caller's own token speaks for them. */
function commands({ mode }: Status, isFilled: boolean): string[] {
  if (mode === 'production') return ['MESH_TOKEN=<your token> npx mesh product list'];
  return [
    'npx mesh product list --as analyst',
    ...(isFilled ? ['npx mesh product show gp.medication-statement --as analyst'] : []),
  ];
}

function heading(text: string): string {
  return `\n${text}\n${'-'.repeat(text.length)}`;
}

function addressesOf(status: Status): [string, unknown][] {
  return [
    ['Governance', status.governance.url],
    ['Schema registry', status.registry.url],
    ['Kafka', status.kafka.bootstrap],
    ['Identity', status.identity.issuer],
    ...status.domains.flatMap(({ name, intake }) =>
      intake.map(({ address }): [string, unknown] => [`Intake ${name}`, address]),
    ),
  ];
}

/** Passwords stay in their file: a terminal is scrolled back, copied and recorded. */
function signIns(io: Io): string[] {
  const file = join(io.home, 'people.json');
  if (!existsSync(file)) return [];
  const people = peopleIn(readFileSync(file, 'utf8'));
  const byRole = new Map<string, string[]>();
  for (const { user, roles } of people) {
    for (const role of roles) byRole.set(role, [...(byRole.get(role) ?? []), user]);
  }
  const rows = [...byRole].map(([role, users]) => [role, users.join(', ')]);
  const note = `Passwords: ${file}. On the command line: --as <user>.`;
  return [heading('Sign-ins'), table(['ROLE', 'USERS'], rows), note];
}

/** `mesh status` for a person. */
export function statusTable(status: Status): string {
  const head = status.ready ? 'Ready' : status.supervisor ? 'Not ready' : headWithout(status);
  const rows = status.components.map(({ name, status: state, pid, ports, rssMb }) => [
    name,
    state,
    pid,
    ports.join(' '),
    rssMb,
  ]);
  return [
    `${head} (${status.mode} mode)`,
    '',
    table(['PART', 'STATUS', 'PID', 'PORTS', 'MB'], rows),
    '',
    card(addressesOf(status)),
  ].join('\n');
}

/** Without a supervisor parts may run on, and say so below. */
function headWithout({ components }: Status): string {
  return components.some(({ pid }) => pid !== null) ? 'Not kept running' : 'Stopped';
}

/** `mesh status -o env`: lines a shell can read. */
export function asEnvironment(status: Status): string {
  const lines = {
    MESH_GOVERNANCE_URL: status.governance.url,
    MESH_REGISTRY_URL: status.registry.url,
    MESH_KAFKA_BROKERS: status.kafka.bootstrap,
    MESH_OIDC_ISSUER: status.identity.issuer,
    MESH_TOKEN_URL: status.identity.tokenUrl,
    ...Object.fromEntries(
      status.domains.map(({ name, url }) => [
        `MESH_${name.toUpperCase().replaceAll('-', '_')}_URL`,
        url,
      ]),
    ),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** None of what is no JSON: what a parser says of it repeats a part of it, and passwords are in it. */
function peopleIn(text: string): { user: string; roles: string[] }[] {
  try {
    return (JSON.parse(text) as { people: { user: string; roles: string[] }[] }).people;
  } catch {
    return [];
  }
}
