/**
 * Background work: work that goes on after a response. A stop of the service waits for it.
 *
 * @module
 */
import { describeError, type Log } from "./log.ts";

/** Runs background work, one piece of each name at a time. */
export class Background {
  readonly #log: Log;
  readonly #running = new Map<string, { again: boolean; readonly ended: Promise<void> }>();

  /** Starts without work. */
  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Starts `work`. While work of that name is running, `work` is run after it instead. A failure is logged.
   *
   * @param name The name of the work, for the log.
   */
  start(name: string, work: () => Promise<void>): void {
    const running = this.#running.get(name);
    if (running !== undefined) running.again = true;
    else {
      const ended = Promise.resolve().then(() => this.#run(name, work));
      this.#running.set(name, { again: false, ended });
    }
  }

  /** Resolves when no work is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all(Array.from(this.#running.values(), ({ ended }) => ended));
    }
  }

  async #run(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log("error", "task_failed", { task: name, ...describeError(error) });
    }
    const again = this.#running.get(name)?.again ?? false;
    this.#running.delete(name);
    if (again) this.start(name, work);
  }
}
