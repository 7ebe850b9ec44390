/**
 * A real `denokv` that a test starts, stops, kills and starts again; and a relay in front of it that can go silent.
 *
 * @module
 */
import { pause } from "../../support/service_process.ts";

const TOKEN = "chaos-access-token";
const STARTED_WITHIN_MS = 15_000;

/** Finds the program: the variable `DENOKV`, or `denokv` in a folder of `PATH`. Returns null when there is none. */
export async function findDenokv(): Promise<string | null> {
  const folders = (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/denokv`);
  for (const path of [Deno.env.get("DENOKV") ?? "", ...folders]) {
    if (path !== "" && await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return null;
}

/** A `denokv` on a free port. */
export class Denokv implements AsyncDisposable {
  /** Its URL. It stays the same over a restart. */
  readonly url: string;
  readonly #program: string;
  readonly #file: string;
  readonly #port: number;
  #child: Deno.ChildProcess | null = null;

  private constructor(program: string, file: string, port: number) {
    this.#program = program;
    this.#file = file;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts a `denokv` on a file, and gives this process and those that it starts the token. */
  static async start(program: string, file: string): Promise<Denokv> {
    Deno.env.set("DENO_KV_ACCESS_TOKEN", TOKEN);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const denokv = new Denokv(program, file, port);
    await denokv.start();
    return denokv;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#port;
  }

  /** Starts it, and waits until it answers. */
  async start(): Promise<void> {
    const addr = `127.0.0.1:${this.#port}`;
    this.#child = new Deno.Command(this.#program, {
      args: [
        "--sqlite-path",
        this.#file,
        "serve",
        "--addr",
        addr,
        "--access-token",
        TOKEN,
        "--num-workers",
        "4",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let waited = 0; waited < STARTED_WITHIN_MS; waited += 50) {
      const answered = await fetch(this.url).then((response) => response.body?.cancel(), () => null);
      if (answered !== null) return;
      await pause(50);
    }
    throw new Error("denokv does not start");
  }

  /** Lets it stand still for some time. */
  async standStill(ms: number): Promise<void> {
    this.#child?.kill("SIGSTOP");
    await pause(ms);
    this.#child?.kill("SIGCONT");
  }

  /** Kills it, as a crash would. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = null;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** A relay of TCP connections. While it is silent, nothing goes through it, and nothing is closed. */
export class Relay implements AsyncDisposable {
  /** Its URL. */
  readonly url: string;
  readonly #listener: Deno.TcpListener;
  readonly #to: number;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #ended: Promise<void>;
  #holes = new WeakSet<Deno.TcpConn>();
  #allSilent = false;

  /** Listens on a free port, and relays to another one. */
  constructor(to: number) {
    this.#to = to;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#ended = this.#accept();
  }

  /** From now on the present connections are silent for ever, and new ones until {@linkcode Relay.mend}. */
  goSilent({ newOnesToo }: { readonly newOnesToo: boolean }): void {
    this.#allSilent = newOnesToo;
    for (const connection of this.#connections) this.#holes.add(connection);
  }

  /** New connections work again. */
  mend(): void {
    this.#allSilent = false;
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#to }).catch(() => null);
      if (server === null) {
        client.close();
        continue;
      }
      for (const connection of [client, server]) {
        this.#connections.add(connection);
        if (this.#allSilent) this.#holes.add(connection);
      }
      this.#pipe(client, server);
      this.#pipe(server, client);
    }
  }

  async #pipe(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
        if (this.#holes.has(from)) continue;
        let sent = 0;
        while (sent < read) sent += await to.write(buffer.subarray(sent, read));
      }
    } catch { /* One side is gone. */ }
    if (this.#holes.has(from)) return;
    for (const connection of [from, to]) this.#close(connection);
  }

  #close(connection: Deno.TcpConn): void {
    this.#connections.delete(connection);
    try {
      connection.close();
    } catch { /* It is closed already. */ }
  }

  /** Closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#connections]) this.#close(connection);
    await this.#ended.catch(() => {});
  }
}
