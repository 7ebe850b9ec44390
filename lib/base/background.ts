/**
 * Work that goes on after an answer was given, so that a stop can wait for it.
 *
 * @module
 */
import { describeError, type Log } from "./log.ts";

/** Keeps what is running, one of a name at a time. */
export class Background {
  readonly #log: Log;
  readonly #running = new Map<string, { again: boolean; readonly ended: Promise<void> }>();

  /** Nothing runs yet. */
  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Starts work; while work of that name is running, it is run once more after it instead. A failure is logged.
   *
   * @param name What a log calls it.
   */
  start(name: string, work: () => Promise<void>): void {
    const running = this.#running.get(name);
    if (running !== undefined) running.again = true;
    else {
      const ended = Promise.resolve().then(() => this.#run(name, work));
      this.#running.set(name, { again: false, ended });
    }
  }

  /** Resolves when nothing is running. */
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
