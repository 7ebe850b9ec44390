/**
 * Lanes: much work at once, and not all of it of one kind.
 *
 * @module
 */

interface Lane {
  readonly waiting: (() => Promise<void>)[];
  running: number;
}

/**
 * Runs work in lanes: only so much of one lane at once, and only so much in all. A lane that is stuck holds up no
 * other.
 */
export class Lanes {
  readonly #most: number;
  readonly #mostOfLane: number;
  /** Lanes with work, the one whose turn it is first. */
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #waiting = 0;
  #onProgress: (() => void)[] = [];

  /** Creates lanes without work. `most`: pieces of work at once. `mostOfLane`: pieces of one lane at once. */
  constructor({ most, mostOfLane }: { readonly most: number; readonly mostOfLane: number }) {
    this.#most = most;
    this.#mostOfLane = mostOfLane;
  }

  /** The pieces of work that run or wait. */
  get size(): number {
    return this.#running + this.#waiting;
  }

  /**
   * Adds work to the end of its lane.
   *
   * @param work Must not reject.
   */
  add(lane: string, work: () => Promise<void>): void {
    const { waiting } = this.#lanes.get(lane) ?? this.#open(lane);
    waiting.push(work);
    this.#waiting++;
    this.#fill();
  }

  /** Resolves when fewer than `count` pieces of work run or wait. */
  async below(count: number): Promise<void> {
    while (this.size >= count) await new Promise<void>((resolve) => this.#onProgress.push(resolve));
  }

  #open(name: string): Lane {
    const lane = { waiting: [], running: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }

  #fill(): void {
    while (this.#running < this.#most) {
      const [name, lane] = this.#next() ?? [];
      const work = lane?.waiting.shift();
      if (name === undefined || lane === undefined || work === undefined) return;
      // To the end: the other lanes come first.
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
      this.#waiting--;
      void this.#run(name, lane, work);
    }
  }

  #next(): [string, Lane] | undefined {
    for (const [name, lane] of this.#lanes) {
      if (lane.waiting.length > 0 && lane.running < this.#mostOfLane) return [name, lane];
    }
    return undefined;
  }

  async #run(name: string, lane: Lane, work: () => Promise<void>): Promise<void> {
    this.#running++;
    lane.running++;
    await work();
    this.#running--;
    lane.running--;
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(name);
    this.#fill();
    for (const resolve of this.#onProgress.splice(0)) resolve();
  }
}
