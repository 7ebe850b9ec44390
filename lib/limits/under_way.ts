/**
 * Tries that are under way in this instance: those whose count is written after a failure, until it is.
 *
 * @module
 */
import type { TrySubject } from "./scopes.ts";

/** Tries that are under way in this instance, by scope and name. */
export type TriesUnderWay = Map<string, number>;

/** Tries that are under way, until they are disposed of. */
export class UnderWay implements Disposable {
  readonly #all: TriesUnderWay;
  readonly #names: readonly string[];
  /** How many tries were under way before this one, by name. */
  readonly #ahead: ReadonlyMap<string, number>;
  #over = false;

  /** Begins a try against each subject. */
  constructor(all: TriesUnderWay, subjects: readonly TrySubject[]) {
    this.#all = all;
    this.#names = subjects.map(nameOf);
    this.#ahead = new Map(this.#names.map((name) => [name, all.get(name) ?? 0]));
    for (const name of this.#names) all.set(name, (all.get(name) ?? 0) + 1);
  }

  /** Returns how many of the tries against a subject that began before this one are under way. */
  aheadOf(subject: TrySubject): number {
    const name = nameOf(subject);
    return Math.min(this.#ahead.get(name) ?? 0, (this.#all.get(name) ?? 1) - 1);
  }

  /** Ends the try. */
  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#over = true;
    for (const name of this.#names) {
      const left = (this.#all.get(name) ?? 1) - 1;
      if (left === 0) this.#all.delete(name);
      else this.#all.set(name, left);
    }
  }
}

function nameOf({ scope, name }: TrySubject): string {
  return `${scope}/${name}`;
}
