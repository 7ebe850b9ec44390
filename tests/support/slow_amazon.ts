/**
 * The simulated Amazon with the time that its calls take, which can be long, and with answers that do not come.
 *
 * @module
 */
import { type Clock, sleep } from "../../lib/base/clock.ts";
import type { Simulator } from "../../lib/dev/simulator/simulator.ts";

/** The milliseconds that each call to Amazon takes. */
const AMAZON_MS = 40;

/** What is wrong with Amazon. `hangs`: no answer comes. `refuses`: it answers 503 to everything. */
export type AmazonTrouble = { readonly is: "slow"; readonly ms: number } | {
  readonly is: "hangs" | "refuses";
};

/** Reaches the simulator. */
export class SlowAmazon {
  readonly #clock: Clock;
  readonly #simulator: Simulator;
  #trouble: AmazonTrouble | null = null;

  /** Starts without trouble. */
  constructor(clock: Clock, simulator: Simulator) {
    this.#clock = clock;
    this.#simulator = simulator;
  }

  /** Has trouble from now on; null: none. */
  set trouble(trouble: AmazonTrouble | null) {
    this.#trouble = trouble;
  }

  /** The `fetch` of a process. */
  readonly fetch: typeof globalThis.fetch = async (url, init) => {
    const trouble = this.#trouble;
    await sleep(this.#clock, trouble?.is === "slow" ? trouble.ms : AMAZON_MS);
    init?.signal?.throwIfAborted();
    if (trouble?.is === "refuses") return Response.json({ error: "ServerError" }, { status: 503 });
    if (trouble?.is === "hangs") return await new Promise<never>((_, reject) => abortOf(init).then(reject));
    return await this.#simulator.fetch(url, init);
  };
}

function abortOf(init: RequestInit | undefined): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  init?.signal?.addEventListener("abort", () => resolve(init.signal?.reason));
  return promise;
}
