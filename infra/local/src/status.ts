import { readWhole, writeWhole, type Home } from './home/paths.js';
import type { Intake } from './intake.js';
import type { Mode, Plan } from './plan.js';
import type { ComponentStatus } from './supervisor/component.js';
import { childrenByParent, isAlive, ProcessRegistry, residentMb } from './supervisor/processes.js';
import type { Snapshot } from './supervisor/supervisor.js';

type ComponentState = Snapshot & { rssMb: number | null };

/** What `mesh status -o json` prints; outside programs rely on this shape. */
export type Status = {
  ready: boolean;
  mode: Mode;
  governance: { url: string };
  registry: { url: string };
  kafka: { bootstrap: string };
  identity: { issuer: string; tokenUrl: string; jwksUrl: string };
  /** Promised with the shape; there are no pages for people, so its address is always null. */
  portal: { url: null };
  domains: { name: string; url: string; intake: Intake[] }[];
  components: ComponentState[];
  /** The process that keeps the parts running, and since when. */
  supervisor: { pid: number; since: string } | null;
};

/** The status of a plan as its components stand now. */
export function statusOf(
  plan: Plan,
  mode: Mode,
  components: Snapshot[],
  intake: ReadonlyMap<string, Intake[]>,
  supervisor: Status['supervisor'],
): Status {
  const { endpoints, issuer, domains } = plan;
  return {
    ready: components.every(({ status }) => status === 'ready'),
    mode,
    governance: { url: endpoints.governanceUrl },
    registry: { url: endpoints.registryUrl },
    kafka: { bootstrap: endpoints.kafkaBrokers },
    identity: issuer,
    portal: { url: null },
    domains: domains.map(({ name, url }) => ({ name, url, intake: intake.get(name) ?? [] })),
    components: components.map((one) => ({ ...one, rssMb: null })),
    supervisor,
  };
}

/** Readable by all: it holds addresses, no secrets. */
export function writeStatus(home: Home, status: Status): void {
  writeWhole(home.status, `${JSON.stringify(status, null, 2)}\n`, 0o644);
}

/**
 * How the mesh of this home stands now; null when none was ever started. Without a living supervisor the mesh is not
 * ready, whatever the file says; a part whose process still runs keeps its pid and what was last known of it.
 */
export function readStatus(home: Home): Status | null {
  const status = readWhole<Status>(home.status);
  if (status === null) return null;
  return withMemory(supervisorOf(home) === null ? unsupervised(home, status) : status);
}

function unsupervised(home: Home, status: Status): Status {
  const alive = new Set(
    new ProcessRegistry(home.processes)
      .read()
      .filter(isAlive)
      .map(({ pid }) => pid),
  );
  const off = { status: 'stopped' as ComponentStatus, pid: null };
  const components = status.components.map((one) =>
    one.pid !== null && alive.has(one.pid) ? one : { ...one, ...off },
  );
  return { ...status, ready: false, components, supervisor: null };
}

function withMemory(status: Status): Status {
  const children = childrenByParent();
  const components = status.components.map((one) => ({
    ...one,
    rssMb: one.pid === null ? null : residentMb(one.pid, children),
  }));
  return { ...status, components };
}

/** What the supervisor writes of itself; it is the lock as well. */
export type SupervisorRecord = { pid: number; started: string; since: string };

/** The living supervisor of this home, null when there is none. */
export function supervisorOf(home: Home): SupervisorRecord | null {
  return supervisorIn(home.supervisor);
}

/** The living supervisor that wrote this file, null when there is none. */
export function supervisorIn(file: string): SupervisorRecord | null {
  const record = readWhole<SupervisorRecord>(file);
  return record !== null && isAlive(record) ? record : null;
}
