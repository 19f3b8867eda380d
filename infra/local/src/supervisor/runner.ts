import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Backoff, LONGEST_BACKOFF_MS } from './backoff.js';
import type { Component, ComponentStatus } from './component.js';
import { givingWay, groupGivesWay } from './giving-way.js';
import type { LogBook } from './log-book.js';
import type { ProcessRegistry } from './processes.js';

/** How patient the supervisor is. Tests use shorter times. */
export type Patience = {
  /** From start to the first healthy answer; as long again for what is set up after. */
  startMs: number;
  /** Between looks at a part that starts, and at one that runs. */
  startPollMs: number;
  watchPollMs: number;
  /** A look that takes longer counts as unanswered: what hangs may hold up whoever asks it. */
  lookMs: number;
  /** Unanswered looks in a row after which a running part is shown as failing, and as many again after which it is ended. */
  missedLooks: number;
  /** From the polite signal to the final one: to a part that answers, and to one that was waited for in vain. */
  stopMs: number;
  hungStopMs: number;
  /** The longest wait before a part that keeps dying is started again. */
  backoffMs?: number;
};

export const PATIENCE: Patience = {
  startMs: 120_000,
  startPollMs: 100,
  watchPollMs: 3_000,
  lookMs: 10_000,
  missedLooks: 5,
  stopMs: 20_000,
  hungStopMs: 10_000,
  backoffMs: LONGEST_BACKOFF_MS,
};

type Surroundings = {
  registry: ProcessRegistry;
  logs: LogBook;
  patience: Patience;
  /** Resolves when every part this one needs is ready. */
  dependencies: () => Promise<void>;
  changed: () => void;
};

/** Keeps one component running until it is told to stop. */
export class Runner {
  status: ComponentStatus = 'starting';
  pid: number | null = null;
  private child: ChildProcess | null = null;
  private stopping = false;
  /** It was waited for in vain: nothing it does is worth waiting for as it ends. */
  private isGivenUp = false;
  private readonly backoff: Backoff;
  private ended: Promise<void> | null = null;
  private wake: () => void = () => undefined;

  constructor(
    readonly component: Component,
    private readonly around: Surroundings,
  ) {
    this.backoff = new Backoff(around.patience.backoffMs);
  }

  /** Starts the endless loop of starting, watching and starting again. */
  start(): void {
    this.ended = this.keepRunning();
  }

  /** Ends the process and the loop. Safe to call twice. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), this.stopMs());
    this.child?.kill(this.component.stopSignal);
    await this.ended;
    clearTimeout(timer);
    this.become('stopped');
  }

  private async keepRunning(): Promise<void> {
    while (!this.stopping) {
      await this.orStop(this.around.dependencies());
      if (this.stopping) return;
      const healthyMs = await this.runOnce();
      if (this.stopping) return;
      const { waitMs, failing } = this.backoff.died(performance.now(), healthyMs);
      // Once shown as failing it stays so until it answers again.
      this.become(failing || this.status === 'failing' ? 'failing' : 'starting');
      this.note(`ended; starting again in ${waitMs / 1000} s`);
      await this.orStop(pause(waitMs));
    }
  }

  /** One life of the process. Gives how long it was healthy. */
  private async runOnce(): Promise<number> {
    let child: ChildProcess;
    try {
      await this.component.prepare?.();
      if (this.stopping) return 0;
      child = this.spawn();
    } catch (error) {
      this.note(`cannot start: ${describe(error)}`);
      return 0;
    }
    const exit = exitOf(child);
    try {
      const readyAt = await this.watchStart(exit);
      if (readyAt === null) return 0;
      await this.watchHealth(exit);
      return performance.now() - readyAt;
    } finally {
      await this.bury(child, exit);
    }
  }

  private spawn(): ChildProcess {
    const launch = this.component.launch();
    const { file, args, env, cwd, uid, gid } = givingWay(launch);
    const log = this.around.logs.open(this.component.name);
    // No pipe to us: a part must live on, and keep its log, when the supervisor dies. A session of its own: Linux shares the processor
    // between sessions first, and each of PostgreSQL's connections is one. With all parts in ours, all of them together had what one
    // connection has (4,660 ADT messages a second of a file, 5,200 so; ADR 038).
    const child = spawn(file, args, {
      env,
      cwd,
      uid,
      gid,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.isGivenUp = false;
    this.pid = child.pid ?? null;
    const { pid } = child;
    if (pid !== undefined) {
      this.keepBook(() => this.around.registry.add(this.component.name, pid));
      if (launch.niceness !== undefined) void groupGivesWay(pid, launch.niceness);
    }
    this.around.changed();
    return child;
  }

  /** Waits until it answers; null when it ended or ran out of time first. */
  private async watchStart(exit: Promise<string>): Promise<number | null> {
    const { startMs, startPollMs } = this.around.patience;
    const deadline = performance.now() + startMs;
    while (!this.stopping && performance.now() < deadline) {
      if (await this.answers(this.component.probe)) return this.settled();
      if (await within(exit, startPollMs)) return null;
    }
    if (!this.stopping) this.giveUp(`did not answer within ${startMs / 1000} s`);
    return null;
  }

  private async settled(): Promise<number | null> {
    try {
      await this.setUp();
    } catch (error) {
      this.giveUp(`started, but could not be set up: ${describe(error)}`);
      return null;
    }
    if (!this.stopping) this.become('ready');
    return performance.now();
  }

  /** Returns when the process ended, or no longer answers. */
  private async watchHealth(exit: Promise<string>): Promise<void> {
    const { probe, alive = probe } = this.component;
    const { watchPollMs, missedLooks } = this.around.patience;
    let missed = 0;
    while (!this.stopping) {
      if (await within(exit, watchPollMs)) return;
      missed = (await this.answers(alive)) ? 0 : missed + 1;
      if (missed === 0) this.become('ready');
      if (missed === missedLooks) this.become('failing');
      if (missed >= 2 * missedLooks) {
        this.giveUp('no longer answers');
        return;
      }
    }
  }

  private giveUp(why: string): void {
    this.isGivenUp = true;
    this.note(why);
  }

  private async answers(look: () => Promise<boolean>): Promise<boolean> {
    const looking = look().catch(() => false);
    return (await within(looking, this.around.patience.lookMs)) && (await looking);
  }

  /** Makes sure it is gone, and says how it went. */
  private async bury(child: ChildProcess, exit: Promise<string>): Promise<void> {
    if (child.exitCode === null && child.signalCode === null && !this.stopping) {
      child.kill(this.component.stopSignal);
      const patience = this.isGivenUp ? this.around.patience.hungStopMs : this.stopMs();
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      void exit.then(() => clearTimeout(timer));
    }
    this.note(await exit);
    const { pid } = child;
    if (pid !== undefined) this.keepBook(() => this.around.registry.remove(pid));
    this.child = null;
    this.pid = null;
    this.around.changed();
  }

  /** On a full disk it cannot be written down: the process is ours all the same, and is known by its mark. */
  private keepBook(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.note(`not written down: ${describe(error)}`);
    }
  }

  private stopMs(): number {
    return this.component.stopMs ?? this.around.patience.stopMs;
  }

  /**
   * Throws when it takes too long: a request whose answer never comes would hold up everything that waits for this part, for
   * ever. What prepares a part bounds itself, since two preparations of one folder must not meet.
   */
  private async setUp(): Promise<void> {
    const { startMs } = this.around.patience;
    const work = this.component.settle?.() ?? Promise.resolve();
    if (!(await within(work, startMs))) throw new Error(`it took more than ${startMs / 1000} s`);
  }

  private become(status: ComponentStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.around.changed();
  }

  private async orStop(work: Promise<void>): Promise<void> {
    const stop = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    await Promise.race([work, stop]);
  }

  private note(text: string): void {
    this.around.logs.note(this.component.name, text);
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal ? `ended by ${signal}` : `ended with exit code ${code}`),
    );
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** True when the event happened within the time. */
async function within(event: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const happened = await Promise.race([event.then(() => true), late]);
  clearTimeout(timer);
  return happened;
}

/** Clients wrap what the other side said several times: all of it, in one line. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const causes = [...inner, error.cause].filter((one) => one !== undefined).map(describe);
  return [error.message, ...causes].join(': ');
}
