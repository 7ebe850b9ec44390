/**
 * Background work: work that goes on after a response. A stop of the service waits for it.
 *
 * @module
 */
import { describeError, type Log } from "./log.ts";

/** The starts of a piece of work while it is running. */
export interface Starts {
  /** Whether the work was started again. */
  readonly again: boolean;
  /** Forgets that the work was started again: then it need not run again for that. */
  take(): void;
  /** Resolves when {@linkcode Starts.again} is true. */
  started(): Promise<void>;
}

/** A piece of background work. When it was started again while it ran, it runs once more, unless it has taken that. */
export type Work = (starts: Starts) => Promise<void>;

class Running implements Starts {
  again = false;
  ended: Promise<void> = Promise.resolve();
  #notify: (() => void)[] = [];

  startAgain(): void {
    this.again = true;
    for (const resolve of this.#notify.splice(0)) resolve();
  }

  take(): void {
    this.again = false;
  }

  async started(): Promise<void> {
    while (!this.again) await new Promise<void>((resolve) => this.#notify.push(resolve));
  }
}

/** Runs background work, one piece of each name at a time. */
export class Background {
  readonly #log: Log;
  readonly #running = new Map<string, Running>();

  /** Starts without work. */
  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Starts `work`. While work of that name is running, `work` is run after it instead. A failure is logged.
   *
   * @param name The name of the work, for the log.
   */
  start(name: string, work: Work): void {
    const running = this.#running.get(name);
    if (running !== undefined) return running.startAgain();
    const started = new Running();
    this.#running.set(name, started);
    started.ended = Promise.resolve().then(() => this.#run(name, work, started));
  }

  /** Resolves when no work is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all(Array.from(this.#running.values(), ({ ended }) => ended));
    }
  }

  async #run(name: string, work: Work, running: Running): Promise<void> {
    try {
      await work(running);
    } catch (error) {
      this.#log("error", "task_failed", { task: name, ...describeError(error) });
    }
    this.#running.delete(name);
    if (running.again) this.start(name, work);
  }
}
