/** What to run: a program with its arguments and environment. */
export type Launch = {
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Run as this user (PostgreSQL refuses to run as root). */
  uid?: number;
  gid?: number;
  /** How much more readily than the supervisor it gives way when the processor is short, 0 to 19 (`nice`). */
  niceness?: number;
};

/** One part of the mesh, as the supervisor sees it. */
export type Component = {
  name: string;
  /** Parts that must be ready before this one is started. */
  after: string[];
  /** The first port is the one shown as the component's own. */
  ports: number[];
  /** Runs before every start: settings, a data folder that is not there yet. */
  prepare?: () => Promise<void>;
  launch: () => Launch;
  /** True when it answers. Called again and again; must not throw for "not yet". */
  probe: () => Promise<boolean>;
  /**
   * True while it lives, asked of a part that was ready; `probe` when absent. A part that waits for another
   * one to come back is alive: starting it again would help nobody.
   */
  alive?: () => Promise<boolean>;
  /** Runs after every start, once it answers and before it counts as ready: databases, rules. */
  settle?: () => Promise<void>;
  /** How it is asked to end. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** How long that may take; the supervisor's patience when absent. */
  stopMs?: number;
};

export type ComponentStatus = 'starting' | 'ready' | 'failing' | 'stopped';
