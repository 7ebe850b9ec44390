/**
 * Writes the lines of the log without waiting for their reader.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** The most characters of the lines that wait: about 4,000 lines. As many can be in a write that does not end. */
const MOST_WAITING = 1_000_000;

/**
 * Milliseconds for which lines gather. Each write is a call of the system, which costs as much as a tenth of a token
 * check.
 */
export const GATHER_MS = 5;

/** What a {@linkcode LineBuffer} needs. */
export interface LineBufferOptions {
  /** Writes text that ends with a line feed. Resolves when it is written; may take as long as its reader does. */
  readonly write: (text: string) => Promise<unknown>;
  /** Starts a write when the lines have gathered. */
  readonly clock: Pick<Clock, "after">;
  /** Is told how many lines were dropped, once lines are read again. It may add a line that says so. */
  readonly onDropped: (count: number) => void;
}

/**
 * Takes lines at once and writes them a few milliseconds later, all together. While a write is on its way, further lines
 * wait. When nobody reads the log, so that a write does not end, the lines beyond a bound are dropped and counted, and the
 * service goes on. A process that is killed loses the lines of its last {@linkcode GATHER_MS}.
 */
export class LineBuffer {
  readonly #options: LineBufferOptions;
  #lines: string[] = [];
  #waiting = 0;
  #dropped = 0;
  #writing: Promise<void> | null = null;

  /** Makes an empty buffer. */
  constructor(options: LineBufferOptions) {
    this.#options = options;
  }

  /** Takes one line, without its line feed. */
  readonly add = (line: string): void => {
    if (this.#waiting + line.length > MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting += line.length;
    const first = this.#lines.push(line) === 1;
    if (first && this.#writing === null) this.#options.clock.after(GATHER_MS, () => void this.flush());
  };

  /** Writes the lines in the buffer. Resolves when they are written, which may be never: give it a deadline. */
  flush(): Promise<void> {
    return this.#writing ??= this.#write().finally(() => this.#writing = null);
  }

  async #write(): Promise<void> {
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      const dropped = this.#dropped;
      this.#lines = [];
      this.#waiting = 0;
      this.#dropped = 0;
      // A closed pipe refuses every write. The service goes on without a log.
      await this.#options.write(lines.join("\n") + "\n").catch(() => {});
      if (dropped > 0) this.#options.onDropped(dropped);
    }
  }
}
