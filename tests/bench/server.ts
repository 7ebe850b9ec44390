/**
 * A server as a process, and its processor time and memory as the kernel counts them.
 *
 * @module
 */
import { Connection } from "./driver.ts";

/** The command of a server, which listens on the port in its variable `PORT`. */
export interface Command {
  /** The program and its arguments. */
  readonly args: readonly string[];
  /** Variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running server. Dispose of it to stop it. */
export class Server implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** The origin of the server. */
  readonly url: string;

  private constructor(child: Deno.ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /**
   * Starts a server on a free port and waits until it takes connections. Its output goes to the file `logPath`, because
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

  /** Returns the processor time of all its threads in milliseconds, in steps of 10. */
  async cpuMs(): Promise<number> {
    const stat = await Deno.readTextFile(`/proc/${this.#child.pid}/stat`);
    // The second field, the name, may have spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** Returns its peak memory in MiB. */
  async peakMiB(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  /** Kills the process and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* The process has ended. */ }
    await this.#child.status;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
