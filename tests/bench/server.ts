/**
 * A server as a process of its own, and what the kernel says of it.
 *
 * @module
 */
import { Connection } from "./driver.ts";

/** How to start a server. It listens on the port in `PORT` of its environment. */
export interface Command {
  /** The program and its arguments. */
  readonly args: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running server; dispose of it to stop it. */
export class Server implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** Its origin. */
  readonly url: string;

  private constructor(child: Deno.ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /**
   * Starts a server on a free port and resolves as soon as it takes connections. What it prints goes to `logPath`:
   * writing a log is part of the work.
   */
  static async start({ args, env = {} }: Command, logPath: string): Promise<Server> {
    const port = freePort();
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" >"$0" 2>&1', logPath, ...args],
      env: { ...env, PORT: String(port) },
    }).spawn();
    const server = new Server(child, `http://127.0.0.1:${port}`);
    for (let tries = 0; tries < 10_000; tries++) {
      try {
        (await Connection.open(server.url))[Symbol.dispose]();
        return server;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await server[Symbol.asyncDispose]();
    throw new Error(`Does not listen: ${args.join(" ")}\n${await Deno.readTextFile(logPath)}`);
  }

  /** Milliseconds of processor time that all its threads have used, in the kernel's ticks of 10. */
  async cpuMs(): Promise<number> {
    const stat = await Deno.readTextFile(`/proc/${this.#child.pid}/stat`);
    // The second field, the name, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** The most memory it ever held, in MiB. */
  async peakMiB(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  /** Kills it and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* It has ended. */ }
    await this.#child.status;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
