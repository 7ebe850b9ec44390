/**
 * Timers in the order of their time. A simulation has thousands of them.
 *
 * @module
 */

/** A timer that was set. */
export interface Timer {
  /** Its time, in milliseconds since the epoch. */
  readonly at: number;
  /** Its place among all that were ever set. */
  readonly number: number;
  /** What it does; null once it was cancelled. */
  callback: (() => void) | null;
}

/** A binary heap of timers. Of two timers for the same moment, the one that was set first comes first. */
export class TimerHeap {
  readonly #heap: Timer[] = [];
  #ever = 0;

  /** The number of timers that are set. */
  size = 0;

  /** Sets a timer. Returns a function that cancels it. */
  add(at: number, callback: () => void): () => void {
    const timer: Timer = { at, number: this.#ever++, callback };
    this.size++;
    this.#rise(timer);
    return () => {
      if (timer.callback === null) return;
      timer.callback = null;
      this.size--;
    };
  }

  /** Removes the next timer that is due until `end`, and returns it. Null: none is due. */
  take(end: number): { readonly at: number; readonly callback: () => void } | null {
    const heap = this.#heap;
    for (let first = heap[0]; first !== undefined && first.at <= end; first = heap[0]) {
      const last = heap.pop()!;
      if (last !== first) this.#sink(last);
      const { at, callback } = first;
      if (callback === null) continue;
      // A timer that has fired can be cancelled without effect.
      first.callback = null;
      this.size--;
      return { at, callback };
    }
    return null;
  }

  #rise(timer: Timer): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(timer, heap[above]!)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = timer;
  }

  /** Puts a timer in the place of the first one. */
  #sink(timer: Timer): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, timer)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = timer;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.number < b.number);
}
