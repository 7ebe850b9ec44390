/**
 * Deno processes that a test starts, reads and kills.
 *
 * @module
 */
import type { Environment } from "../../lib/config/config.ts";

/** Whether this run of the tests may start processes, open sockets, and read and write files. */
export const MAY_RUN = (["run", "net", "read", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/** Flags that give a process of a test the same packages as the test. */
export const LOCKED = ["--lock=tests/deno.lock", "--frozen"];

/** Variables that every process gets. The last is the token of a remote database, see `cluster_test.ts`. */
const INHERITED = ["HOME", "PATH", "DENO_DIR", "TMPDIR", "DENO_KV_ACCESS_TOKEN"];

/** A process of Deno whose output is read line by line. Dispose of it with `await using`: that kills it. */
export class DenoProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #errors: Promise<string>;
  readonly #reading: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #ended = false;
  /** The lines that the process has written to its standard output so far. */
  readonly lines: string[] = [];
  /** Called with each line of the standard output as it comes. */
  onLine: (line: string) => void = () => {};

  /**
   * Starts `deno run -A`.
   *
   * @param args Flags, the module and its arguments.
   * @param env Variables of the process, beside the few that Deno needs.
   * @param options `wrapper`: a command that runs Deno, with its arguments; none by default.
   */
  constructor(
    args: string[],
    env: Environment = {},
    { wrapper = [] }: { readonly wrapper?: readonly string[] } = {},
  ) {
    const inherited = Object.fromEntries(INHERITED.map((name) => [name, Deno.env.get(name)]));
    const variables = Object.entries<string | undefined>({ ...inherited, NO_COLOR: "1", ...env })
      .flatMap(([name, value]) => value === undefined ? [] : [[name, value]]);
    const [command = "", ...rest] = [...wrapper, Deno.execPath(), "run", "-A", ...LOCKED, ...args];
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

  /** The id of the process in the system. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The whole standard error; resolves when the process ends. */
  get errors(): Promise<string> {
    return this.#errors;
  }

  /** The exit status; resolves when the process ends. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** Writes a line to the standard input; does nothing when the process has ended. */
  async say(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Kills the process with SIGKILL, as a crash of the machine would, and waits for its end. */
  async end(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* The process has ended. */ }
    await Promise.all([this.#child.status, this.#errors, this.#reading]);
    await this.#stdin.close().catch(() => {});
  }

  /**
   * Resolves to the first match in a line of the standard output, past or to come.
   *
   * @throws {Error} when the process ends without a match.
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

  /** The same as {@linkcode DenoProcess.end}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}
