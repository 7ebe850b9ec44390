/**
 * The stop of the process, as its parts see it: from the signal on it is not ready for new requests, and right before its
 * time is over, what is left is cut.
 *
 * @module
 */

/** Tells the parts of the service about a stop. */
export class Stopping {
  #begun = false;
  readonly #atCut: (() => Promise<void>)[] = [];

  /** Whether the process was told to stop. It still finishes what it has accepted. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Begins the stop. */
  begin(): void {
    this.#begun = true;
  }

  /** Calls `listener` when the work that is left is about to be cut. It must not reject. */
  atCut(listener: () => Promise<void>): void {
    this.#atCut.push(listener);
  }

  /** Tells the parts that the work that is left is about to be cut. Resolves when all of them have done what they can. */
  async cut(): Promise<void> {
    await Promise.all(this.#atCut.map((listener) => listener()));
  }
}
