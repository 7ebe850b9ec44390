/**
 * Time. Nothing else in `lib/` reads the clock or sets a timer: the clock is handed in, so a test decides what time it is.
 *
 * @module
 */

/** A source of time. */
export interface Clock {
  /** The time now, in whole milliseconds since the epoch. */
  now(): number;
  /** Calls `callback` after `ms` milliseconds. Returns a function that cancels the call. */
  after(ms: number, callback: () => void): () => void;
}

/** A timer of at least this many milliseconds is most often a precaution that is cancelled long before its time. */
const PRECAUTION_MS = 500;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Lets long timers share one timer of the machine, which costs less than one for each. */
class SharedTimer {
  readonly #timers = new Set<Timer>();
  #wake: ReturnType<typeof setTimeout> | undefined;
  #wakeAt = Infinity;

  after(ms: number, callback: () => void): () => void {
    if (ms < PRECAUTION_MS) {
      const timer = setTimeout(callback, Math.max(0, ms));
      return () => clearTimeout(timer);
    }
    const timer = { at: performance.now() + ms, callback };
    this.#timers.add(timer);
    if (timer.at < this.#wakeAt) this.#wakeUpAt(timer.at);
    return () => {
      this.#timers.delete(timer);
      if (this.#timers.size === 0) this.#wakeUpAt(Infinity);
    };
  }

  #wakeUpAt(at: number): void {
    clearTimeout(this.#wake);
    this.#wakeAt = at;
    if (at < Infinity) this.#wake = setTimeout(() => this.#ring(), Math.max(0, at - performance.now()));
  }

  #ring(): void {
    const now = performance.now();
    const due = [...this.#timers].filter(({ at }) => at <= now);
    for (const timer of due) this.#timers.delete(timer);
    let next = Infinity;
    for (const { at } of this.#timers) next = Math.min(next, at);
    this.#wakeUpAt(next);
    for (const { callback } of due) callback();
  }
}

const timers = new SharedTimer();

/** The machine's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => timers.after(ms, callback),
};

/** Resolves after `ms` milliseconds of `clock`. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Thrown by a {@linkcode Deadline} when its time is over. */
export class DeadlineError extends Error {
  /** The class name, for the log. */
  override name = "DeadlineError";
  constructor() {
    super("Deadline exceeded");
  }
}

/**
 * A point in time by which work must be done, with the one timer that enforces it. Dispose of it when the work is done:
 * then the deadline never fires.
 *
 * @example
 * ```ts
 * using deadline = new Deadline(clock, 6000);
 * await deadline.race(slow());
 * ```
 */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #at: number;
  readonly #cancel: () => void;
  readonly #onDisposed: () => void;
  readonly #racing = new Set<(reason: DeadlineError) => void>();
  /** The deadlines within this one. Most have none. */
  #inner: Set<Deadline> | null = null;
  #controller: AbortController | null = null;
  #error: DeadlineError | null = null;
  #disposed = false;

  /**
   * Sets the timer.
   *
   * @param ms Milliseconds from now.
   * @param onDisposed Called when it is disposed of.
   */
  constructor(clock: Clock, ms: number, onDisposed: () => void = () => {}) {
    this.#onDisposed = onDisposed;
    this.#clock = clock;
    this.#at = clock.now() + ms;
    this.#cancel = clock.after(ms, () => this.#end());
  }

  /** A signal that aborts, with a {@linkcode DeadlineError}, when the time is over. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#error !== null) this.#controller.abort(this.#error);
    return this.#controller.signal;
  }

  /** The milliseconds that are left, never below 0. None are left once the deadline has ended or was disposed of. */
  get remaining(): number {
    return this.#disposed || this.#error !== null ? 0 : Math.max(0, this.#at - this.#clock.now());
  }

  /**
   * Settles as `promise` does, or rejects when the time is over first. The work behind `promise` is not stopped.
   *
   * @throws {DeadlineError} when the time is over
   */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#error !== null) reject(this.#error);
      else this.#racing.add(reject);
      promise.then((value) => {
        this.#racing.delete(reject);
        resolve(value);
      }, (error) => {
        this.#racing.delete(reject);
        reject(error);
      });
    });
  }

  /** Returns a deadline that ends after `ms` milliseconds, or with this one. Dispose of it as well. */
  within(ms: number): Deadline {
    const all = this.#inner ??= new Set();
    const inner: Deadline = new Deadline(this.#clock, Math.min(ms, this.remaining), () => all.delete(inner));
    all.add(inner);
    return inner;
  }

  /** Ends the time now. Everything that waits under this deadline is rejected, as if the time were over. */
  end(): void {
    if (this.#disposed || this.#error !== null) return;
    this.#cancel();
    this.#end();
  }

  #end(): void {
    this.#error = new DeadlineError();
    this.#controller?.abort(this.#error);
    for (const reject of this.#racing) reject(this.#error);
    this.#racing.clear();
    for (const inner of this.#inner ?? []) inner.end();
  }

  /** Cancels the timer. A signal that has not aborted yet never does. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancel();
    this.#onDisposed();
  }
}
