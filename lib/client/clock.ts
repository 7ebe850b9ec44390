/**
 * Time on a device: timers, and limits for calls that may never settle.
 *
 * @module
 */

/** A source of time. */
export interface Clock {
  /** Milliseconds since the epoch, as the device believes. The device may set this clock at any moment. */
  now(): number;
  /** Calls `callback` after `ms` milliseconds. Returns a function that cancels the call. */
  after(ms: number, callback: () => void): () => void;
}

/** A request to end a run early. */
export interface Interrupt {
  /** Whether the run shall end. */
  readonly requested: boolean;
  /** Resolves when the run shall end. */
  readonly signal: Promise<void>;
}

/** An interrupt that its owner can request. */
export interface RunningInterrupt extends Interrupt {
  /** Requests the end of the run. */
  request(): void;
}

/** Creates an interrupt. */
export function createInterrupt(): RunningInterrupt {
  let resolve: () => void = () => {};
  const interrupt = {
    requested: false,
    signal: new Promise<void>((done) => resolve = done),
    request() {
      interrupt.requested = true;
      resolve();
    },
  };
  return interrupt;
}

/**
 * Runs a call to the app or to the engine, which may throw, reject or never settle.
 *
 * @returns The value of the call, or null when there is none within `ms` milliseconds or before the interrupt.
 */
export function settleWithin<T>(
  clock: Clock,
  ms: number,
  call: () => Promise<T> | T,
  interrupt?: Interrupt,
): Promise<T | null> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve(null));
    const settle = (value: T | null) => {
      cancel();
      resolve(value);
    };
    if (interrupt) interrupt.signal.then(() => settle(null));
    // The call runs inside of `then`, so that an error which it throws becomes a rejection.
    Promise.resolve().then(call).then(settle, () => settle(null));
  });
}

/** Waits for `ms` milliseconds, or until the interrupt. */
export function pause(clock: Clock, ms: number, interrupt?: Interrupt): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    interrupt?.signal.then(() => {
      cancel();
      resolve();
    });
  });
}

/**
 * Measures how long work takes on a clock that may jump: a TV starts in 1970 and sets its clock when the network is there.
 *
 * @param atMost Milliseconds that the work can take. A longer time is a jump of the clock.
 */
export function startStopwatch(clock: Clock, atMost: number): () => number {
  const start = clock.now();
  return () => Math.min(Math.max(clock.now() - start, 0), atMost);
}

/** The clock of the engine. */
export const engineClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
