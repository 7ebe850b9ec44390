/**
 * Reads on their way to the database. Most are sent at once; while too many are on their way, or none comes back, they
 * wait here, and a read that is given up meanwhile is never sent.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Connection } from "./connection.ts";

/** A read of the database. */
export type Read<T> = (kv: Deno.Kv) => Promise<T>;

interface Waiting {
  readonly read: Read<unknown>;
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends reads to the database. */
export class ReadQueue {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #waiting = new Map<Read<unknown>, Waiting>();
  #cancelTimer: (() => void) | null = null;

  /** Sends reads by `connection`; `clock` times the pauses. */
  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    connection.reads.listen(() => this.#next());
  }

  /** Reads, as soon as the lane of reads lets it. The promise rejects with the database's error. */
  run<T>(read: Read<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = {
        read,
        since: this.#clock.now(),
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      if (this.#waiting.size === 0 && this.#connection.reads.pauseMs === 0) return this.#send(waiting);
      this.#waiting.set(read, waiting);
      this.#connection.reads.wait(1);
      this.#next();
    });
  }

  /** Takes back a read that was not sent yet; its promise never settles. Returns false when it was sent already. */
  withdraw(read: Read<unknown>): boolean {
    const withdrawn = this.#waiting.delete(read);
    if (withdrawn) this.#connection.reads.wait(-1);
    if (this.#waiting.size === 0) this.#cancel();
    return withdrawn;
  }

  #send({ read, since, resolve, reject }: Waiting): void {
    this.#connection.perform(this.#connection.reads, { units: 1, since }, read).then(resolve, reject);
  }

  #next(): void {
    if (this.#waiting.size === 0) return;
    const { reads } = this.#connection;
    this.#cancel();
    for (const waiting of this.#waiting.values()) {
      const { pauseMs } = reads;
      if (pauseMs > 0) {
        this.#cancelTimer = this.#clock.after(pauseMs, () => this.#next());
        return;
      }
      this.#waiting.delete(waiting.read);
      reads.wait(-1);
      this.#send(waiting);
    }
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
