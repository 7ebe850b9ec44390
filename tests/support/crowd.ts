/**
 * A crowd of devices in front of several processes of the service, on one database of a fixed speed, in simulated time.
 * Each device does as it is told: it waits for `Retry-After` and sends the same request again, to any process.
 *
 * @module
 */
import { sleep } from "../../lib/base/clock.ts";
import { createLog } from "../../lib/base/log.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import { createSimulator } from "../../lib/dev/simulator/simulator.ts";
import { createServices, type Services } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import { FakeClock } from "./fake_clock.ts";
import { SlowKv, type Speed } from "./slow_kv.ts";

const config = parseConfig({
  ...devEnvironment("https://amazon.test", 8000),
  AMAZON_SIGN_INS_PER_MINUTE: "0",
});
/** The milliseconds that each call to Amazon takes. */
const AMAZON_MS = 40;

/** A random generator with a seed (mulberry32): the same seed gives the same numbers. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a device has come to. */
export interface DeviceStory {
  /** When it came, in simulated milliseconds from the start. */
  readonly cameAt: number;
  /** When it was signed in; undefined while it is not. */
  signedInAt?: number;
  /** The codes that it needed. */
  codes: number;
  /** The answers that it got, by status or code of the problem. */
  readonly answers: string[];
}

/** What a crowd is made of. */
export interface CrowdOptions {
  /** How fast the database is. */
  readonly speed: Speed;
  /** The number of processes. */
  readonly processes: number;
  /** The seed of all that is random: the choice of processes and the spread of retries. */
  readonly seed?: number;
  /** Changes the services of a process, to see what a test notices. */
  readonly sabotage?: (services: Services) => Services;
}

/** Devices, processes and their database. */
export class Crowd implements Disposable {
  /** The time of all of them. */
  readonly clock: FakeClock = new FakeClock();
  /** The database. */
  readonly server: SlowKv;
  /** Every device that has come. */
  readonly devices: DeviceStory[] = [];
  /** The log lines of all processes. */
  readonly log: Record<string, unknown>[] = [];
  readonly #start: number;
  readonly #random: () => number;
  readonly #kv: Deno.Kv;
  readonly #apps: ReturnType<typeof createApp>[];
  readonly #simulator = createSimulator({ clock: this.clock, clients: DEV_CLIENT_SECRETS });
  readonly #open = new Set<Promise<void>>();

  private constructor(
    kv: Deno.Kv,
    { speed, processes, seed = 1, sabotage = (services) => services }: CrowdOptions,
  ) {
    this.#random = seeded(seed);
    this.#kv = kv;
    this.#start = this.clock.now();
    this.server = new SlowKv(this.clock, speed);
    const { clock } = this;
    const log = createLog({ level: "warning", clock, write: (line) => this.log.push(JSON.parse(line)) });
    const fetch: typeof globalThis.fetch = async (url, init) => {
      await sleep(clock, AMAZON_MS);
      return await this.#simulator.fetch(url, init);
    };
    this.#apps = Array.from({ length: processes }, () => {
      const own = this.server.wrap(kv);
      const random = this.#random;
      return createApp(sabotage(createServices({ config, kv: own, clock, log, fetch, cores: 1, random })));
    });
  }

  /** Opens the processes on an empty database. */
  static async open(options: CrowdOptions): Promise<Crowd> {
    return new Crowd(await Deno.openKv(":memory:"), options);
  }

  /** The simulated milliseconds since the start. */
  get time(): number {
    return this.clock.now() - this.#start;
  }

  /** Lets devices come at a steady rate for some time. */
  async come(perSecond: number, ms: number): Promise<void> {
    const end = this.time + ms;
    for (let next = this.time; next < end; next += 1000 / perSecond) {
      await this.clock.advance(Math.max(0, Math.round(next) - this.time));
      const story: DeviceStory = { cameAt: this.time, codes: 1, answers: [] };
      this.devices.push(story);
      const playing = this.#play(story).finally(() => this.#open.delete(playing));
      this.#open.add(playing);
    }
    await this.clock.advance(Math.max(0, end - this.time));
  }

  /** The devices that are not signed in yet. */
  get outside(): DeviceStory[] {
    return this.devices.filter(({ signedInAt }) => signedInAt === undefined);
  }

  /** Closes the database. */
  [Symbol.dispose](): void {
    this.#kv.close();
  }

  async #play(story: DeviceStory): Promise<void> {
    const newCode = () => ({ code: this.#simulator.issueCode("new"), key: crypto.randomUUID() });
    for (let current = newCode();;) {
      const app = this.#apps[Math.floor(this.#random() * this.#apps.length)];
      const response = await app!.fetch(
        new Request("http://localhost/v1/sessions/amazon", {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": current.key },
          body: JSON.stringify({ code: current.code }),
        }),
      );
      const body = await response.json();
      story.answers.push(body.code ?? String(response.status));
      if (response.ok) {
        story.signedInAt = this.time;
        return;
      }
      if (body.next === "new_code") {
        story.codes++;
        current = newCode();
      } else if (body.next !== "retry") throw new Error(`A device is told ${body.code}`);
      await sleep(this.clock, 1000 * (Number(response.headers.get("retry-after")) || 1));
    }
  }
}
