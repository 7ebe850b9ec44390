/**
 * A process of the service in simulated time: it has connections of its own to the database, can be killed at any moment,
 * and is started again.
 *
 * @module
 */
import { createServices, type Services, type Surroundings } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import type { SlowConnection, SlowKv } from "./slow_kv.ts";

/** What a {@linkcode SimulatedProcess} is made of. */
export interface ProcessOptions {
  /** The database. */
  readonly kv: Deno.Kv;
  /** Its server. */
  readonly server: SlowKv;
  /** What else the services are made of. */
  readonly surroundings: Omit<Surroundings, "kv" | "openKv">;
  /** Changes the services, to see what a test notices. */
  readonly sabotage: (services: Services) => Services;
}

interface Life {
  readonly app: ReturnType<typeof createApp>;
  readonly connections: SlowConnection[];
  readonly death: Promise<never>;
  readonly die: () => void;
}

/** What a device sees of a process that is not there, or that dies before it answers. */
export class ConnectionRefused extends Error {
  /** The class name. */
  override name = "ConnectionRefused";
}

/** A process of the service. */
export class SimulatedProcess {
  readonly #options: ProcessOptions;
  #life: Life | null;
  #networkDown = false;
  #waits = false;

  /** Starts the process. */
  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#life = this.#begin();
  }

  /**
   * Sends a request.
   *
   * @throws {ConnectionRefused} when the process is not there, or dies before it answers
   */
  async fetch(request: Request): Promise<Response> {
    if (this.#life === null) throw new ConnectionRefused();
    const { app, death } = this.#life;
    return await Promise.race([app.fetch(request), death]);
  }

  /** Kills the process. Operations on their way may still take effect; their answers reach nobody. */
  kill(): void {
    this.#waits = false;
    for (const connection of this.#life?.connections ?? []) connection.silent = true;
    this.#life?.die();
    this.#life = null;
  }

  /** Starts the process again. The start waits until the database can be reached, as `main.ts` does. */
  start(): void {
    if (this.#networkDown) this.#waits = true;
    else this.#life ??= this.#begin();
  }

  /** From now on nothing comes back on the present connections to the database, and on new ones until {@linkcode mend}. */
  goSilent(): void {
    this.#networkDown = true;
    for (const connection of this.#life?.connections ?? []) connection.silent = true;
  }

  /** New connections to the database work again. */
  mend(): void {
    this.#networkDown = false;
    if (this.#waits) this.start();
    this.#waits = false;
  }

  #begin(): Life {
    const { kv, server, surroundings, sabotage } = this.#options;
    const connections: SlowConnection[] = [];
    let dead = false;
    const open = () => {
      const connection = server.connect(kv);
      connection.silent = dead || this.#networkDown;
      connections.push(connection);
      return connection.kv;
    };
    const openKv = () => Promise.resolve(open());
    const app = createApp(sabotage(createServices({ ...surroundings, kv: open(), openKv })));
    const { promise: death, reject } = Promise.withResolvers<never>();
    death.catch(() => {});
    const die = () => {
      dead = true;
      reject(new ConnectionRefused());
    };
    return { app, connections, death, die };
  }
}
