import type { Component } from './component.js';
import { LogBook } from './log-book.js';
import { ProcessRegistry } from './processes.js';
import { PATIENCE, Runner, type Patience } from './runner.js';

export type Snapshot = {
  name: string;
  status: Runner['status'];
  pid: number | null;
  port: number | null;
  ports: number[];
};

type Options = {
  registry: ProcessRegistry;
  logs: LogBook;
  patience?: Patience;
  /** Called after every change of any component. */
  changed?: (components: Snapshot[]) => void;
};

/**
 * Runs components in dependency order and starts again whichever dies, until `stop`. A part that dies
 * does not take down those that depend on it: they are built to wait for it.
 */
export class Supervisor {
  private readonly runners: Runner[];
  private readonly waiting = new Set<() => void>();

  constructor(
    components: readonly Component[],
    private readonly options: Options,
  ) {
    this.runners = components.map(
      (component) =>
        new Runner(component, {
          registry: options.registry,
          logs: options.logs,
          patience: options.patience ?? PATIENCE,
          dependencies: () => this.until(() => this.areReady(component.after)),
          changed: () => this.onChange(),
        }),
    );
  }

  start(): void {
    for (const runner of this.runners) runner.start();
  }

  /** Resolves when all components are ready at once. */
  ready(): Promise<void> {
    return this.until(() => this.areReady(this.runners.map(({ component }) => component.name)));
  }

  /** Ends everything, those that depend on others first. */
  async stop(): Promise<void> {
    const left = new Set(this.runners);
    while (left.size > 0) {
      const needed = new Set([...left].flatMap(({ component }) => component.after));
      const layer = [...left].filter(({ component }) => !needed.has(component.name));
      await Promise.all((layer.length > 0 ? layer : [...left]).map((runner) => runner.stop()));
      for (const runner of layer.length > 0 ? layer : [...left]) left.delete(runner);
    }
  }

  snapshot(): Snapshot[] {
    return this.runners.map(({ component, status, pid }) => ({
      name: component.name,
      status,
      pid,
      port: component.ports[0] ?? null,
      ports: component.ports,
    }));
  }

  private areReady(names: readonly string[]): boolean {
    return names.every((name) => this.statusOf(name) === 'ready');
  }

  private statusOf(name: string): Runner['status'] | undefined {
    return this.runners.find(({ component }) => component.name === name)?.status;
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  private onChange(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resume of waiting) resume();
    this.options.changed?.(this.snapshot());
  }
}
