/**
 * The service as a real process.
 *
 * @module
 */
import type { Environment } from "../../lib/config/config.ts";

/** Whether this run of the tests may start processes, open sockets and write files. */
export const MAY_RUN = (["run", "net", "read", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/** The last is the token of a remote database, see `cluster_test.ts`. */
const INHERITED = ["HOME", "PATH", "DENO_DIR", "TMPDIR", "DENO_KV_ACCESS_TOKEN"];

/** A process whose output is read line by line; dispose of it with `await using`. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #errors: Promise<string>;
  readonly #reading: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #ended = false;
  /** Every line it has written to its standard output so far. */
  readonly lines: string[] = [];
  /** Called with each of them as it comes. */
  onLine: (line: string) => void = () => {};

  /**
   * Starts `deno run -A` with nothing of this process's environment but what a Deno needs.
   *
   * @param args The module and its arguments.
   * @param options `wrapper`: what runs Deno, with its arguments before those of Deno; by default Deno itself.
   */
  constructor(
    args: string[],
    env: Environment = {},
    { wrapper = [] }: { readonly wrapper?: readonly string[] } = {},
  ) {
    const inherited = Object.fromEntries(INHERITED.map((name) => [name, Deno.env.get(name)]));
    const variables = Object.entries<string | undefined>({ ...inherited, NO_COLOR: "1", ...env })
      .flatMap(([name, value]) => value === undefined ? [] : [[name, value]]);
    const [command = "", ...rest] = [...wrapper, Deno.execPath(), "run", "-A", ...args];
    this.#child = new Deno.Command(command, {
      args: rest,
      env: Object.fromEntries(variables),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#errors = new Response(this.#child.stderr).text();
    this.#reading = this.#read();
  }

  /** Its number in the system. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What it wrote to its standard error; resolves at its end. */
  get errors(): Promise<string> {
    return this.#errors;
  }

  /** How it ends. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** Writes a line to its standard input; in vain when it is gone. */
  async say(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Ends it as a crash of the machine would, if it still runs, and waits until it is gone. */
  async end(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* It has ended. */ }
    await Promise.all([this.#child.status, this.#errors, this.#reading]);
    await this.#stdin.close().catch(() => {});
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
      for (const line of parts) this.#take(line);
      this.#wake();
    }
    if (rest !== "") this.#take(rest);
    this.#ended = true;
    this.#wake();
  }

  #take(line: string): void {
    this.lines.push(line);
    this.onLine(line);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Kills it, if it still runs, and waits for its end. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}
