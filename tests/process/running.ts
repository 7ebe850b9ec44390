/**
 * The service as a real process.
 *
 * @module
 */

/** Whether this run of the tests may start processes, open sockets and write files. */
export const MAY_RUN = (["run", "net", "read", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/** A process whose output is read line by line. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #errors: Promise<string>;
  readonly #reading: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #ended = false;
  /** Every line it has written to its standard output so far. */
  readonly lines: string[] = [];

  /**
   * Starts `deno run -A` with nothing of this process's environment but what a Deno needs.
   *
   * @param args The module and its arguments.
   */
  constructor(args: string[], env: Record<string, string> = {}) {
    const inherited = Object.fromEntries(["HOME", "PATH", "DENO_DIR", "TMPDIR"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }));
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...args],
      env: { ...inherited, NO_COLOR: "1", ...env },
      clearEnv: true,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#errors = new Response(this.#child.stderr).text();
    this.#reading = this.#read();
  }

  /** What it wrote to its standard error; resolves at its end. */
  get errors(): Promise<string> {
    return this.#errors;
  }

  /** How it ends. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /**
   * Resolves to the first match in a line of its output, past or to come.
   *
   * @throws {Error} when it ends without one.
   */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (let i = 0;; i++) {
      while (i >= this.lines.length) {
        if (this.#ended) throw new Error(`Ended without ${pattern}: ${await this.#errors}`);
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
      const match = pattern.exec(this.lines[i] ?? "");
      if (match !== null) return match;
    }
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      this.lines.push(...parts);
      this.#wake();
    }
    if (rest !== "") this.lines.push(rest);
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Kills it, if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* It has ended. */ }
    await Promise.all([this.#child.status, this.#errors, this.#reading]);
  }
}
