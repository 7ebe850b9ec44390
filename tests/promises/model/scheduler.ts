/**
 * Decides the order of operations and the passing of time in a test. Every operation waits until the scheduler picks it,
 * and every timer until the scheduler lets time pass. A list of choices decides: the same choices give the same run.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { assertEquals } from "@std/assert";
import type { Clock } from "../../../lib/base/clock.ts";
import { Problem } from "../../../lib/base/problem.ts";

/** The result of an operation that is picked. */
export type Fate = "done" | "failed" | "done and reported as failed";

/** A process. Its clock is ahead by `skewMs`. After its death none of its operations goes on. */
export interface Process {
  readonly skewMs: number;
  alive: boolean;
  /** Resolves when the process dies. */
  readonly death: PromiseWithResolvers<undefined>;
}

interface Parked {
  readonly label: string;
  readonly process: Process | null;
  readonly resume: (fate: Fate) => void;
}

interface Timer {
  readonly at: number;
  readonly process: Process | null;
  readonly callback: () => void;
}

/** Picks the next operation or timer. */
export class Scheduler {
  /** Milliseconds since the epoch. */
  time: number = Date.UTC(2026, 10, 22, 10);
  /** What happened, in order: printed with a failure. */
  readonly trace: string[] = [];
  /** Called with the milliseconds whenever time passes. */
  onTime: (ms: number) => void = () => {};
  readonly #parked: Parked[] = [];
  readonly #timers: Timer[] = [];
  #choices: Iterator<number>;
  #busy = 0;

  /** @param choices Numbers from 0. After the last one the oldest operation is picked each time, and none fails. */
  constructor(choices: readonly number[]) {
    this.#choices = choices[Symbol.iterator]();
  }

  /** From now on picks the oldest operation each time, and none fails. */
  calm(): void {
    this.draw([]);
  }

  /** From now on uses these choices. */
  draw(choices: readonly number[]): void {
    this.#choices = choices[Symbol.iterator]();
  }

  /** Waits until the operation is picked. Never resolves when the process is dead already. */
  park(label: string, process: Process | null): Promise<Fate> {
    return new Promise((resume) => {
      if (process === null || process.alive) this.#parked.push({ label, process, resume });
    });
  }

  /** Removes the operation with a label: it is never picked. */
  unpark(label: string): void {
    const at = this.#parked.findIndex((parked) => parked.label === label);
    if (at >= 0) this.#parked.splice(at, 1);
  }

  /** Does real work. The scheduler waits for the work before it picks again. */
  async work<T>(operation: () => Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await operation();
    } finally {
      this.#busy--;
    }
  }

  /** Returns the clock of a process, or for null a clock without a skew. */
  clock(process: Process | null): Clock {
    return {
      now: () => this.time + (process?.skewMs ?? 0),
      after: (ms, callback) => {
        const timer = { at: this.time + Math.max(0, Math.ceil(ms)), process, callback };
        this.#timers.push(timer);
        return () => {
          const at = this.#timers.indexOf(timer);
          if (at >= 0) this.#timers.splice(at, 1);
        };
      },
    };
  }

  /** Lets time pass without firing a timer, as on a machine that was suspended. */
  jump(ms: number): void {
    this.time += ms;
    this.onTime(ms);
    this.trace.push(`+${ms} ms`);
  }

  /** Picks until `done` returns true or nothing is left to pick. */
  async run(done: () => boolean = () => false): Promise<void> {
    for (;;) {
      do await turn(); while (this.#busy > 0);
      if (done()) return;
      const choice = this.#choices.next().value ?? 0;
      const kind = choice % 32;
      const due = this.#timers.filter(({ at }) => at <= this.time);
      const ready = this.#parked.length + due.length;
      if (ready === 0 || kind > 29) {
        if (!this.#tick() && ready === 0) return;
        continue;
      }
      const index = (choice >> 5) % ready;
      const timer = due[index - this.#parked.length];
      if (timer !== undefined) this.#fire(timer);
      else this.#resume(index, kind === 29 ? "failed" : kind === 28 ? "done and reported as failed" : "done");
    }
  }

  /** Picks until some work is done, and returns what it returns. */
  async runToEnd<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => void (settled = true);
    work.then(settle, settle);
    while (!settled) await this.run(() => settled);
    return await work;
  }

  /**
   * Picks until all requests of a race have ended. A request may fail with a problem of the contract.
   *
   * @param requests Promises of requests that have begun.
   * @throws {Error} the first other failure
   */
  async race(requests: readonly Promise<unknown>[]): Promise<void> {
    const failures: unknown[] = [];
    let pending = requests.length;
    for (const request of requests) {
      request.catch((error) => {
        if (!(error instanceof Problem) || error.code === "internal") failures.push(error);
      }).finally(() => pending--);
    }
    await this.run(() => pending === 0);
    assertEquals(pending, 0);
    for (const failure of failures) throw failure;
  }

  #resume(index: number, fate: Fate): void {
    for (const { label, resume } of this.#parked.splice(index, 1)) {
      this.trace.push(fate === "done" ? label : `${label} (${fate})`);
      resume(fate);
    }
  }

  /** Moves time to the next timer and fires it. Returns false when there is none. */
  #tick(): boolean {
    const [first, ...others] = this.#timers;
    if (first === undefined) return false;
    const next = others.reduce((least, timer) => timer.at < least.at ? timer : least, first);
    if (next.at > this.time) this.jump(next.at - this.time);
    this.#fire(next);
    return true;
  }

  #fire(timer: Timer): void {
    this.#timers.splice(this.#timers.indexOf(timer), 1);
    if (timer.process === null || timer.process.alive) timer.callback();
  }
}

/** Lets all code run that is ready to run. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
