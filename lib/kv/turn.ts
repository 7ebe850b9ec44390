/**
 * What the parts of one handle share: its time, and the admission of its work.
 *
 * @module
 */
import type { Deadline } from "../base/clock.ts";
import type { Admission, Precedence } from "./admission.ts";

/** The turn of one handle. */
export class Turn {
  /** The time by which every operation of the handle ends. */
  readonly deadline: Deadline;
  readonly #admission: Admission;
  readonly #precedence: Precedence;
  #admitted = false;
  #ended = false;
  #halfDone = false;
  #waiting: Promise<void> | null = null;

  /** Begins before admission. */
  constructor(admission: Admission, { deadline, precedence }: {
    readonly deadline: Deadline;
    readonly precedence: Precedence;
  }) {
    this.#admission = admission;
    this.deadline = deadline;
    this.#precedence = precedence;
  }

  /**
   * Asks for admission before the first operation of the handle.
   *
   * @returns Null when the work may go on now; otherwise a promise that resolves when it may.
   * @throws {Problem} `overloaded`, or `storage_unavailable` while the database is silent; the promise rejects with these
   */
  enter(): Promise<void> | null {
    if (this.#admitted) return null;
    if (this.#waiting !== null) return this.#waiting;
    const wait = this.#admission.enter(this.#precedence, this.deadline);
    if (wait === null) {
      this.#admit();
      return null;
    }
    this.#waiting = wait.then(() => this.#admit()).finally(() => this.#waiting = null);
    return this.#waiting;
  }

  /** Notes that an operation of the work has come back. */
  noteSuccess(): void {
    this.#halfDone = true;
  }

  /** Whether a part of the work is done, here or in a turn before. */
  get isHalfDone(): boolean {
    return this.#halfDone || this.#precedence === "started";
  }

  /** Ends the work. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#admitted) this.#leave();
  }

  #admit(): void {
    this.#admitted = true;
    if (this.#ended) this.#leave();
  }

  #leave(): void {
    this.#admission.leave(this.#precedence);
  }
}
